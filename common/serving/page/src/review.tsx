/** The review: as it is being written, then point by point. */

import { useMemo } from "preact/hooks";
import type { ShownPoint, ShownReview } from "./outline";
import { linesSoFar, visible } from "./text";
import type { Evidence } from "./types";

export interface Picked {
  label: string;
  /** What became of marking its passage, in words; "" while it is looked for. */
  said: string;
}

interface Props {
  /** Nothing more will be written. */
  ended: boolean;
  writing: string;
  reviews: ShownReview[] | null;
  picked: Picked | null;
  onPick: (point: ShownPoint | null) => void;
  onShow: (point: ShownPoint, evidence: Evidence) => void;
  onQuestion: (id: string) => void;
}

export function ReviewPane(props: Props) {
  if (!props.reviews) return <Writing text={props.writing} ended={props.ended} />;
  if (!props.reviews.length) return <p>No review was written.</p>;
  return (
    <>
      {props.reviews.map((review) => (
        <article key={review.title} aria-label={review.title}>
          {props.reviews!.length > 1 && <h2>{review.title}</h2>}
          {review.ratings.length > 0 && <Ratings review={review} />}
          {review.raw && (
            <>
              <p>
                <strong>This does not follow the form.</strong> It is shown as it came.
              </p>
              <pre dir="auto">{visible(review.raw)}</pre>
            </>
          )}
          {!review.raw &&
            review.sections.map((section, place) => (
              <section key={place}>
                <h3>{visible(section.name)}</h3>
                {paragraphs(section.text).map((text, number) => (
                  <p key={number} class="prose" dir="auto">
                    {text}
                  </p>
                ))}
                {!section.points.length && !section.text.trim() && <p class="muted">Nothing was written here.</p>}
                <ol class="points">
                  {section.points.map((point) => (
                    <PointItem key={point.label} point={point} {...props} />
                  ))}
                </ol>
              </section>
            ))}
        </article>
      ))}
      <p class="muted fixed">
        Machine-generated feedback for authors. It is not a referee’s report: no person has checked it, and it must not
        be submitted as a review.
      </p>
    </>
  );
}

function Writing({ text, ended }: { text: string; ended: boolean }) {
  const lines = useMemo(() => linesSoFar(visible(text)), [text]);
  if (!lines.length)
    return <p class="muted">{ended ? "No review was written." : "The review will appear here as it is written."}</p>;
  return (
    <div class="writing" aria-busy={!ended}>
      {lines.map((line, place) => {
        if (line.kind === "heading") return <h3 key={place}>{line.text}</h3>;
        return (
          <p key={place} dir="auto" class={line.kind === "item" ? "prose item" : "prose"}>
            {line.text}
          </p>
        );
      })}
    </div>
  );
}

function Ratings({ review }: { review: ShownReview }) {
  return (
    <dl class="ratings">
      {review.ratings.map((rating) => (
        <div key={rating.name}>
          <dt>{visible(rating.name)}</dt>
          <dd>
            <span class="pips" aria-hidden="true">
              {rating.steps.map((on, place) => (
                <i key={place} class={on ? "on" : ""} />
              ))}
            </span>
            {rating.value ? (
              <span>
                <strong>{rating.value}</strong>
                {rating.label && (
                  <>
                    {" "}
                    · <bdi>{visible(rating.label)}</bdi>
                  </>
                )}
              </span>
            ) : (
              <span>
                <strong class="bad">unscored</strong> ·{" "}
                {rating.raw.trim() ? (
                  <>
                    written: “<bdi>{visible(rating.raw)}</bdi>”
                  </>
                ) : (
                  "not written"
                )}
              </span>
            )}{" "}
            <span class="muted nowrap">({rating.scale})</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function PointItem({ point, picked, onPick, onShow, onQuestion }: Props & { point: ShownPoint }) {
  const open = picked?.label === point.label;
  const toggle = (): void => onPick(open ? null : point);
  const clicked = (event: Event): void => {
    // The whole point reacts to the mouse, but not while its text is being selected.
    if (!(event.target as Element).closest("button") && !getSelection()?.toString()) toggle();
  };
  const places = [
    ...point.questions.map((one) => one.id),
    ...(point.passage?.page ? [`p. ${point.passage.page}`] : []),
  ];
  return (
    <li class={`point${open ? " open" : ""}`} data-point={point.label}>
      <button
        type="button"
        class="label"
        aria-expanded={open}
        aria-controls={`about-${point.label}`}
        onClick={toggle}
        aria-label={`${point.label}: ${places.join(", ") || "no question, no passage"}`}
      >
        {point.label}
      </button>
      <div class="body" onClick={clicked}>
        <p class="prose" dir="auto">
          {visible(point.text)}
        </p>
        {!open && (
          <p class="places">
            {places.length ? (
              places.map((place) => <span key={place}>{place}</span>)
            ) : (
              <span>no question, no passage</span>
            )}
          </p>
        )}
      </div>
      <div class="about" id={`about-${point.label}`} hidden={!open}>
        {open && <About point={point} said={picked.said} onShow={onShow} onQuestion={onQuestion} />}
      </div>
    </li>
  );
}

function About({
  point,
  said,
  onShow,
  onQuestion,
}: Pick<Props, "onShow" | "onQuestion"> & { point: ShownPoint; said: string }) {
  const passage = point.passage;
  return (
    <>
      {point.questions.map((question) => (
        <p key={question.id} class="answers">
          <span class="muted">Answers </span>
          <button type="button" class="link" onClick={() => onQuestion(question.id)}>
            {question.id}
          </button>{" "}
          <bdi>{visible(question.text)}</bdi> <span class="muted">({point.link})</span>
        </p>
      ))}
      {!point.questions.length && <p class="muted">Answers none of the questions.</p>}
      {passage ? (
        <figure>
          <blockquote dir="auto">{visible(passage.quote)}</blockquote>
          <figcaption>
            <span>
              Closest passage{where(passage)}, BM25 score {passage.score.toFixed(1)}
            </span>
            <button type="button" class="link" onClick={() => onShow(point, passage)}>
              Show in the paper
            </button>
          </figcaption>
        </figure>
      ) : (
        <p class="muted">No passage of the paper shares its words.</p>
      )}
      {point.quotations.map((quotation, place) => (
        <p key={place} class="quotation">
          Quotation “<bdi>{visible(quotation.quote)}</bdi>”:{" "}
          {quotation.verified ? (
            <>
              <strong class="good">found</strong>
              {quotation.page > 0 && (
                <>
                  {" "}
                  <button type="button" class="link" onClick={() => onShow(point, quotation)}>
                    p. {quotation.page}
                  </button>
                </>
              )}
            </>
          ) : (
            <strong class="bad">NOT FOUND in the paper (closest match {Math.round(100 * quotation.score)}%)</strong>
          )}
        </p>
      ))}
      {said && (
        <p class="said" role="status">
          {said}
        </p>
      )}
    </>
  );
}

const where = (evidence: Evidence): string =>
  [evidence.page ? `p. ${evidence.page}` : "", visible(evidence.section)]
    .filter(Boolean)
    .map((part, place) => (place ? ", " : ": ") + part)
    .join("");

const paragraphs = (text: string): string[] =>
  visible(text)
    .split(/\n\s*\n/)
    .map((one) => one.trim())
    .filter(Boolean);
