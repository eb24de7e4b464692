/** The service's API. The key, where one is asked for, lives in this tab's sessionStorage and goes in a header only. */

import type { ChainRecord, FormName, Job, Order, Passage, Question, ServerEvent, Trouble } from "./types";

const KEY = "review-key";

/** What went wrong, in a sentence for people. status 0: there was no answer at all. */
export class Failure extends Error {
  constructor(
    readonly status: number,
    readonly trouble: Trouble,
    readonly retryAfter = 0,
  ) {
    super(trouble.message);
  }
}

let askForKey: (refused: boolean) => Promise<void> = () => Promise.reject(new Error("no one to ask"));

/** Whom to ask for a key when the service wants one; resolves once `useKey` was called. */
export function onKeyNeeded(ask: typeof askForKey): void {
  askForKey = ask;
}

export function useKey(key: string): void {
  if (key) sessionStorage.setItem(KEY, key);
  else sessionStorage.removeItem(KEY);
}

export const hasKey = (): boolean => sessionStorage.getItem(KEY) !== null;

async function call(path: string, init: RequestInit = {}): Promise<Response> {
  for (;;) {
    const key = sessionStorage.getItem(KEY);
    const headers = new Headers(init.headers);
    if (key) headers.set("Authorization", `Bearer ${key}`);
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers, credentials: "omit", cache: "no-store" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new Failure(0, {
        message: "The service does not answer.",
        hint: "See whether `review serve` is still running, then try again.",
        code: "unreachable",
      });
    }
    if (response.ok) return response;
    if (response.status !== 401) throw await failure(response);
    // Another call may have asked and been given a key in the meantime.
    if (sessionStorage.getItem(KEY) === key) await askForKey(key !== null);
  }
}

async function failure(response: Response): Promise<Failure> {
  let trouble: Trouble = {
    message: `The service answered ${response.status} ${response.statusText}.`,
    hint: "",
    code: "",
  };
  try {
    const body = await response.json();
    if (typeof body?.error?.message === "string") trouble = { hint: "", code: "", ...body.error };
  } catch {
    // Not ours: something between the page and the service answered.
    if (response.status === 413) trouble.message = "The file is larger than the service takes.";
  }
  return new Failure(response.status, trouble, Number(response.headers.get("Retry-After")) || 0);
}

const reviews = "/v1/reviews";
const at = (id: string, rest = ""): string => `${reviews}/${encodeURIComponent(id)}${rest}`;

function json(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function read<T>(path: string, init?: RequestInit): Promise<T> {
  return (await call(path, init)).json();
}

export const forms = (): Promise<FormName[]> => read("/v1/forms");
export const job = (id: string): Promise<Job> => read(at(id));
export const record = (id: string): Promise<ChainRecord> => read(at(id, "/record?format=json"));
export const passages = (id: string): Promise<Passage[]> => read(at(id, "/passages"));
export const cancel = (id: string): Promise<Job> => read(at(id, "/cancel"), { method: "POST" });
export const remove = (id: string): Promise<Response> => call(at(id), { method: "DELETE" });
export const paper = async (id: string): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await (await call(at(id, "/paper"))).arrayBuffer());
export const exported = async (id: string, format: string): Promise<Blob> =>
  (await call(at(id, `/record?format=${format}&download=1`))).blob();

/** One's jobs, newest first; `before` is the `next` of the page before. */
export function list(limit: number, before = ""): Promise<{ reviews: Job[]; next: string | null }> {
  return read(`${reviews}?${new URLSearchParams({ limit: String(limit), ...(before && { before }) })}`);
}

export async function upload(file: File, order: Order): Promise<Job> {
  const body = new FormData();
  body.append("paper", file, file.name);
  body.append("order", JSON.stringify(order));
  try {
    return await read(reviews, { method: "POST", body });
  } catch (error) {
    // A service that refuses while a body is still arriving may close the connection before its answer is read.
    if (!(error instanceof Failure && error.status === 0)) throw error;
    await call("/healthz");
    const hint = "The file may be larger than it takes.";
    throw new Failure(0, { message: "The service broke the upload off.", hint, code: "broken-off" });
  }
}

export function rerun(id: string, questions: Pick<Question, "text" | "aspect">[], order: Order): Promise<Job> {
  return read(at(id, "/reruns"), json({ questions, order }));
}

/**
 * A job's events, from the first to the last, taken up again where a connection broke. connected(false): the service
 * does not answer just now and is tried again, at most every 10 seconds. Errors: Failure where trying again is useless.
 */
export async function* events(
  id: string,
  signal: AbortSignal,
  connected: (is: boolean) => void,
): AsyncGenerator<ServerEvent> {
  let last = "";
  for (let wait = 500; ; wait = Math.min(2 * wait, 10_000)) {
    try {
      const headers: Record<string, string> = { Accept: "text/event-stream", ...(last && { "Last-Event-ID": last }) };
      const response = await call(at(id, "/events"), { headers, signal });
      connected(true);
      if (response.status === 204) return; // it has ended, and all of it was told
      for await (const event of parsed(response.body!)) {
        wait = 500;
        last = event.id || last;
        yield { type: event.type, data: JSON.parse(event.data) } as ServerEvent;
        if (["done", "failed", "cancelled"].includes(event.type)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Failure && error.status >= 400 && error.status < 500 && error.status !== 429) throw error;
    }
    connected(false);
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) return;
  }
}

/** Server-sent events out of bytes (WHATWG HTML, "Interpreting an event stream"); comments are passed over. */
async function* parsed(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<{ type: string; data: string; id: string }> {
  let rest = "";
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replace(/\r\n/g, "\n").split("\n\n");
      rest = blocks.pop()!;
      for (const block of blocks) {
        const event = { type: "message", data: "", id: "" };
        for (const line of block.split("\n")) {
          const [, field, text] = /^(\w+): ?(.*)$/.exec(line) ?? [];
          if (field === "event") event.type = text!;
          if (field === "id") event.id = text!;
          if (field === "data") event.data += (event.data && "\n") + text;
        }
        if (event.data) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
