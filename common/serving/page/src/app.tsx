/** The page: a head, the start or one job (the address's #id says which), and the windows over it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { hasKey, onKeyNeeded, useKey } from "./api";
import { HelpDialog, KeyDialog } from "./dialogs";
import { Home } from "./home";
import { JobView } from "./job";
import { isTyping } from "./picking";
import { nextTheme, theme } from "./theme";

interface Asked {
  refused: boolean;
  done: (key: string) => void;
  fail: (error: Error) => void;
}

/** The id in the address. */
function useHash(): string {
  const [hash, setHash] = useState(location.hash.slice(1));
  useEffect(() => {
    const changed = (): void => setHash(location.hash.slice(1));
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return hash;
}

export function App() {
  const id = useHash();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [help, setHelp] = useState(false);
  const [look, setLook] = useState(theme());
  useKeyDialog(setAsked);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.key === "?" && !isTyping(event)) setHelp(true);
    };
    // A file dropped beside the field would otherwise take the place of the page.
    const dropped = (event: DragEvent): void => event.preventDefault();
    addEventListener("keydown", pressed);
    addEventListener("dragover", dropped);
    addEventListener("drop", dropped);
  }, []);
  const before = useRef(id);
  useEffect(() => {
    // Whoever uses the keys goes on at the top of what is now shown.
    if (before.current !== id) document.getElementById("main")?.focus({ preventScroll: true });
    before.current = id;
  }, [id]);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="bar">
        <a class="mark" href="#" aria-label="Question, then review: start">
          <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M4 5h12M4 10h12M4 15h7" />
          </svg>
          <span>Question, then review</span>
        </a>
        <nav aria-label="Page">
          {id && (
            <a class="button quiet" href="#">
              All papers
            </a>
          )}
          {hasKey() && (
            <button type="button" class="quiet" onClick={forget}>
              Forget key
            </button>
          )}
          <button type="button" class="quiet wide" onClick={() => setHelp(true)}>
            Keys
          </button>
          <button
            type="button"
            class="quiet"
            onClick={() => setLook(nextTheme())}
            aria-label={`Colours: ${look}. Change`}
          >
            <svg viewBox="0 0 20 20" aria-hidden="true">
              <circle cx="10" cy="10" r="6.5" />
              <path class="full" d="M10 3.5a6.5 6.5 0 0 1 0 13z" />
            </svg>
            <span class="wide">{{ auto: "Auto", light: "Light", dark: "Dark" }[look]}</span>
          </button>
        </nav>
      </header>
      {id ? <JobView key="job" id={id} /> : <Home />}
      {asked && (
        <KeyDialog
          key={String(asked.refused)}
          refused={asked.refused}
          onKey={(key) => {
            setAsked(null);
            asked.done(key);
          }}
          onClose={() => {
            setAsked(null);
            asked.fail(new Error("A key is needed to go on; reload the page to enter one."));
          }}
        />
      )}
      {help && <HelpDialog onClose={() => setHelp(false)} />}
    </>
  );
}

/** One window for all calls that wait for a key. */
function useKeyDialog(show: (asked: Asked | null) => void): void {
  const waiting = useRef<Promise<void> | null>(null);
  useEffect(() => {
    onKeyNeeded((refused) => {
      waiting.current ??= new Promise<string>((done, fail) => show({ refused, done, fail }))
        .then(useKey)
        .finally(() => {
          waiting.current = null;
        });
      return waiting.current;
    });
  }, []);
}

function forget(): void {
  useKey("");
  location.hash = "";
  location.reload();
}

/** The address's # belongs to jobs, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
