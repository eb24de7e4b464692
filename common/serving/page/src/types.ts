/** What the service sends; the record's fields are those of docs/chain-record.schema.json. */

export type Status = "queued" | "reading" | "asking" | "reviewing" | "done" | "failed" | "cancelled";

export interface Trouble {
  message: string;
  hint: string;
  code: string;
}

export interface Question {
  id: string;
  text: string;
  aspect: string;
  origin: "model" | "human" | "user" | "teacher";
}

export interface Order {
  form?: string | null;
  ask?: string[];
}

export interface JobPaper {
  name: string;
  sha256: string;
  title: string | null;
  pages: number | null;
  words: number | null;
  type: string;
}

export interface Job {
  id: string;
  status: Status;
  created: string;
  started: string | null;
  finished: string | null;
  parent: string | null;
  paper: JobPaper;
  order: Order;
  questions: Question[];
  place: number | null;
  error: Trouble | null;
}

export interface Notice {
  code: string;
  message: string;
  page: number;
}

export interface FormName {
  name: string;
  title: string;
}

export interface Form {
  name: string;
  title: string;
  sections: { name: string; guide: string; points: boolean }[];
  ratings: { name: string; labels: Record<string, string>; guide: string }[];
}

export interface Evidence {
  kind: "passage" | "quotation";
  quote: string;
  page: number;
  score: number;
  verified: boolean;
  section: string;
}

export interface Point {
  section: string;
  text: string;
  question_ids: string[];
  evidence: Evidence[];
  linked_by: "model" | "overlap" | "";
}

export interface Review {
  form: string;
  sections: { name: string; text: string }[];
  points: Point[];
  ratings: { name: string; value: number | null; raw: string }[];
  raw: string;
  problems: string[];
}

export interface StageRecord {
  stage: "questioner" | "reviewer";
  adapter: string;
  completions: { finish: string; prompt_tokens: number; completion_tokens: number }[];
  seconds: number;
  problems: string[];
}

export interface ChainRecord {
  created: string;
  paper: {
    title: string;
    pages: number;
    words: number;
    source: { name: string; sha256: string; reader: string };
    cuts: { section: string; words_kept: number; words_total: number }[];
    warnings: Notice[];
  };
  form: Form;
  questions: Question[];
  reviews: Review[];
  unanswered: string[];
  stages: StageRecord[];
  engine: string;
  base: string;
  seconds: number;
}

export interface Passage {
  text: string;
  page: number;
  section: string;
  kind: "abstract" | "body" | "caption" | "footnote";
}

export type ServerEvent =
  | { type: "status"; data: { status: Status; place: number | null } }
  | { type: "paper"; data: { title: string; pages: number; words: number; warnings: Notice[] } }
  | { type: "asking" | "writing"; data: { text: string } }
  | { type: "questions"; data: { questions: Question[] } }
  | { type: "done"; data: { id: string } }
  | { type: "failed"; data: Trouble }
  | { type: "cancelled"; data: object };

export const over = (status: Status): boolean => ["done", "failed", "cancelled"].includes(status);
