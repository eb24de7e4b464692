/** The last papers' bytes, by SHA-256, so that a rerun or an upload is shown without fetching it again. Memory only. */

const MOST = 3;
const kept = new Map<string, Uint8Array>();

export function keepPaper(sha256: string, bytes: Uint8Array): void {
  kept.delete(sha256);
  kept.set(sha256, bytes);
  if (kept.size > MOST) kept.delete(kept.keys().next().value!);
}

export const keptPaper = (sha256: string): Uint8Array | undefined => kept.get(sha256);
