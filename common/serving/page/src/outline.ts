/** A record in the order in which it is shown; order and labels are those of common.views.outline. */

import type { ChainRecord, Evidence, Point, Question, Review } from "./types";

export interface ShownPoint {
  label: string;
  text: string;
  questions: Question[];
  /** Who says that the point answers the questions. */
  link: string;
  passage?: Evidence;
  quotations: Evidence[];
}

export interface ShownRating {
  name: string;
  value: string;
  label: string;
  scale: string;
  raw: string;
  steps: boolean[];
}

export interface ShownReview {
  title: string;
  sections: { name: string; text: string; points: ShownPoint[] }[];
  ratings: ShownRating[];
  /** The text as it came, where nothing of the form was found in it. */
  raw: string;
}

const LINKS = { model: "named by the model", overlap: "linked by word overlap", "": "" };

export function outline(record: ChainRecord): ShownReview[] {
  return record.reviews.map((review, place) => {
    const several = record.reviews.length > 1;
    const points = review.points.map((point, number) => {
      return {
        in: point.section,
        shown: shownPoint(point, `${several ? `R${place + 1}-` : ""}P${number + 1}`, record),
      };
    });
    const names = review.sections.map((section) => section.name);
    const homeless = [...new Set(review.points.map((point) => point.section))].filter((name) => !names.includes(name));
    const sections = [...review.sections, ...homeless.map((name) => ({ name, text: "" }))].map(({ name, text }) => {
      const own = points.filter((point) => point.in === name).map((point) => point.shown);
      return { name: name || "Other points", text: own.length ? "" : text, points: own };
    });
    const parsed = review.points.length > 0 || review.sections.some((section) => section.text.trim());
    return {
      title: several ? `Review ${place + 1} of ${record.reviews.length}` : "Review",
      sections,
      ratings: ratings(record, review),
      raw: parsed ? "" : review.raw,
    };
  });
}

function shownPoint(point: Point, label: string, record: ChainRecord): ShownPoint {
  const questions = point.question_ids.map(
    (id) =>
      record.questions.find((one) => one.id === id) ?? {
        id,
        text: "(this question is not in the record)",
        aspect: "",
        origin: "model" as const,
      },
  );
  return {
    label,
    text: point.text,
    questions,
    link: LINKS[point.linked_by],
    passage: point.evidence.find((one) => one.kind === "passage"),
    quotations: point.evidence.filter((one) => one.kind === "quotation"),
  };
}

/** The form's ratings in its order, also those the review says nothing of; nothing unscored gets a value. */
function ratings(record: ChainRecord, review: Review): ShownRating[] {
  const names = new Set([...record.form.ratings, ...review.ratings].map((one) => one.name));
  return [...names].map((name) => {
    const given = review.ratings.find((one) => one.name === name);
    const labels = record.form.ratings.find((one) => one.name === name)?.labels ?? {};
    const steps = Object.keys(labels).sort((one, other) => Number(one) - Number(other));
    const value = given?.value ?? null;
    return {
      name,
      value: value === null ? "" : String(value),
      label: (value !== null && labels[steps.find((step) => Number(step) === value) ?? ""]) || "",
      scale: steps.length ? `${steps[0]} to ${steps.at(-1)}` : "the form declares no scale",
      raw: given?.raw ?? "",
      steps: steps.map((step) => value !== null && Number(step) <= value),
    };
  });
}
