/** Tabs after the WAI-ARIA pattern; the paper is one of them where there is no room beside it. */

export type Tab = "paper" | "questions" | "review" | "notes";

const TABS: [Tab, string][] = [
  ["paper", "Paper"],
  ["questions", "Questions"],
  ["review", "Review"],
  ["notes", "Notes"],
];

export function Tabs(props: {
  tab: Tab;
  onTab: (tab: Tab) => void;
  counts: Partial<Record<Tab, number>>;
  warned: boolean;
}) {
  const pressed = (event: KeyboardEvent): void => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]")].filter(
      (one) => one.offsetParent,
    );
    const place = buttons.indexOf(document.activeElement as HTMLElement);
    const next = buttons[(place + by + buttons.length) % buttons.length]!;
    next.focus();
    props.onTab(next.dataset.tab as Tab);
  };
  return (
    <div class="tabs" role="tablist" aria-label="Parts" onKeyDown={pressed}>
      {TABS.map(([name, title]) => (
        <button
          type="button"
          role="tab"
          key={name}
          id={`tab-${name}`}
          data-tab={name}
          class={name === "paper" ? "narrow" : ""}
          aria-selected={props.tab === name}
          aria-controls={`panel-${name}`}
          tabIndex={props.tab === name ? 0 : -1}
          onClick={() => props.onTab(name)}
        >
          {title}
          {props.counts[name] !== undefined && (
            <span class={`count${name === "notes" && props.warned ? " warned" : ""}`}>{props.counts[name]}</span>
          )}
        </button>
      ))}
    </div>
  );
}
