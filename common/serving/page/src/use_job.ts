/** One job as it stands: what the service tells of it, gathered from its events and, at the end, its record. */

import { useEffect, useReducer } from "preact/hooks";
import * as api from "./api";
import type { ChainRecord, Job, Notice, Question, ServerEvent, Status, Trouble } from "./types";

export interface JobState {
  job?: Job;
  status: Status;
  place: number | null;
  paper?: { title: string; pages: number; words: number; warnings: Notice[] };
  /** Raw text of stage A and of stage B as far as they are. */
  asking: string;
  writing: string;
  questions?: Question[];
  record?: ChainRecord;
  trouble?: Trouble;
  /** Why the page cannot follow the job, which may be well. */
  lost?: Trouble;
  /** Whether the service answers just now. */
  connected: boolean;
}

type Action =
  | ServerEvent
  | { type: "job"; data: Job }
  | { type: "record"; data: ChainRecord }
  | { type: "lost"; data: Trouble }
  | { type: "connected"; data: boolean };

const NEW: JobState = { status: "queued", place: null, asking: "", writing: "", connected: true };

function reduce(state: JobState, action: Action | { type: "reset" }): JobState {
  switch (action.type) {
    case "reset":
      return NEW;
    case "job": {
      const { status, place, questions } = action.data;
      return { ...state, job: action.data, status, place, questions: questions.length ? questions : state.questions };
    }
    case "status": {
      // A job taken up again after a restart begins anew: what it had written so far is gone.
      const again = action.data.status === "queued" ? { asking: "", writing: "" } : {};
      return { ...state, ...action.data, ...again };
    }
    case "paper":
      return { ...state, paper: action.data };
    case "questions":
      return { ...state, questions: action.data.questions };
    case "asking":
      return { ...state, asking: action.data.text };
    case "writing":
      return { ...state, writing: action.data.text };
    case "record":
      return { ...state, record: action.data, status: "done" };
    case "failed":
      return { ...state, status: "failed", trouble: action.data };
    case "lost":
      return { ...state, lost: action.data };
    case "cancelled":
      return { ...state, status: "cancelled" };
    case "connected":
      return state.connected === action.data ? state : { ...state, connected: action.data };
    default:
      return state;
  }
}

export function useJob(id: string): JobState {
  const [state, dispatch] = useReducer(reduce, NEW);
  useEffect(() => {
    const stop = new AbortController();
    const told = (action: Action): void => {
      if (!stop.signal.aborted) dispatch(action);
    };
    dispatch({ type: "reset" });
    void follow(id, stop.signal, told).catch((error: unknown) => {
      const trouble = error instanceof api.Failure ? error.trouble : { message: String(error), hint: "", code: "page" };
      told({ type: "lost", data: trouble });
    });
    return () => stop.abort();
  }, [id]);
  return state;
}

async function follow(id: string, signal: AbortSignal, told: (action: Action) => void): Promise<void> {
  told({ type: "job", data: await api.job(id) });
  for await (const event of api.events(id, signal, (is) => told({ type: "connected", data: is }))) {
    if (event.type === "done") told({ type: "record", data: await api.record(id) });
    else told(event);
    if (event.type === "paper") told({ type: "job", data: await api.job(id) });
  }
}
