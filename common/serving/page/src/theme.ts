/** Dark or light: the system's choice unless the switch says otherwise; the browser remembers the switch. */

export type Theme = "auto" | "light" | "dark";

const NAME = "review-theme";
const NEXT: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };

export function theme(): Theme {
  const kept = localStorage.getItem(NAME);
  return kept === "light" || kept === "dark" ? kept : "auto";
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme();
}

export function nextTheme(): Theme {
  const next = NEXT[theme()];
  localStorage.setItem(NAME, next);
  applyTheme();
  return next;
}
