/** What a reader must know of the paper and of the run: warnings, what was cut, problems, how it was made. */

import { count, visible, when } from "./text";
import type { ChainRecord, Notice } from "./types";

/** The same in one line, above a review that rests on it; "" when there is nothing to say. */
export function noteLine(warnings: Notice[], record?: ChainRecord): string {
  const left = record?.paper.cuts.reduce((sum, cut) => sum + cut.words_total - cut.words_kept, 0) ?? 0;
  const parts = [
    warnings.length && `${count(warnings.length, "warning")} about the paper`,
    left && `${count(left, "word")} not read by the model`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** How many things stand here that a reader should not miss. */
export function noteCount(warnings: Notice[], record?: ChainRecord): number {
  return warnings.length + (record ? problems(record).length + (record.paper.cuts.length ? 1 : 0) : 0);
}

export function NotesPane(props: { warnings: Notice[]; record?: ChainRecord; onPage: (page: number) => void }) {
  const { record, warnings } = props;
  return (
    <>
      <h3>Warnings about the paper</h3>
      {warnings.length ? (
        <ul class="warnings">
          {warnings.map((one, place) => (
            <li key={place}>
              {one.page > 0 && (
                <button type="button" class="link nowrap" onClick={() => props.onPage(one.page)}>
                  p. {one.page}
                </button>
              )}
              <span dir="auto">
                {visible(one.message)} <code>{visible(one.code)}</code>
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p class="muted">None: nothing hidden, nothing addressed to a reviewer or a model, no page missing.</p>
      )}
      {record && <Cuts record={record} />}
      {record && problems(record).length > 0 && (
        <>
          <h3>Problems in the model’s answers</h3>
          <ul class="plain">
            {problems(record).map((one) => (
              <li key={one} dir="auto">
                {visible(one)}
              </li>
            ))}
          </ul>
        </>
      )}
      {record && <Made record={record} />}
    </>
  );
}

function Cuts({ record }: { record: ChainRecord }) {
  const cuts = record.paper.cuts;
  const left = cuts.reduce((sum, cut) => sum + cut.words_total - cut.words_kept, 0);
  return (
    <>
      <h3>What was cut from the paper</h3>
      {cuts.length ? (
        <>
          <p>
            The model did not read {count(left, "word")} of {count(cuts.length, "section")}: its context had no room for
            more.
          </p>
          <table>
            <thead>
              <tr>
                <th scope="col">Section</th>
                <th scope="col" class="number">
                  Words read
                </th>
              </tr>
            </thead>
            <tbody>
              {cuts.map((cut, place) => (
                <tr key={place}>
                  <th scope="row" dir="auto">
                    {visible(cut.section)}
                  </th>
                  <td class="number">
                    {cut.words_kept.toLocaleString("en")} of {cut.words_total.toLocaleString("en")}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      ) : (
        <p class="muted">Nothing: the whole text was read. References are never given to the model.</p>
      )}
    </>
  );
}

function Made({ record }: { record: ChainRecord }) {
  const facts: [string, string][] = [
    ["Model", `${record.base} (${record.engine})`],
    ["Form", record.form.title || record.form.name],
    ["Made", `${when(record.created)}, in ${record.seconds.toLocaleString("en", { maximumFractionDigits: 1 })} s`],
    ...record.stages.map((stage): [string, string] => {
      const tokens = stage.completions.reduce((sum, one) => sum + one.completion_tokens, 0);
      const name = { questioner: "Stage A, questions", reviewer: "Stage B, review" }[stage.stage];
      return [
        name,
        `${stage.adapter || "no adapter"}; ${count(stage.completions.length, "completion")}, ${count(tokens, "token")}`,
      ];
    }),
    ["Paper", `${record.paper.source.name}, read by ${record.paper.source.reader}`],
    ["Paper’s SHA-256", record.paper.source.sha256],
  ];
  return (
    <>
      <h3>How this review was made</h3>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <bdi>{visible(value)}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      <p class="muted">Sampling, seeds, raw answers and versions are in each download.</p>
    </>
  );
}

function problems(record: ChainRecord): string[] {
  const cut = record.stages.flatMap((stage) => {
    const short = stage.completions.filter((one) => one.finish !== "stop").length;
    return short ? [`${count(short, "completion")} of the ${stage.stage} did not come to an end.`] : [];
  });
  const stages = record.stages.flatMap((stage) => stage.problems.map((one) => `${stage.stage}: ${one}`));
  return [...new Set([...cut, ...stages, ...record.reviews.flatMap((review) => review.problems)])];
}
