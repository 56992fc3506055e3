// millrace explain, reproduce: why an answer was given, and whether it can be computed again.
import { explainAnswer, reproduceAnswer, type Explanation, type Reproduction } from '../../answers/index.ts';
import { withAnswers } from '../answers.ts';
import { STAGE_OPTION } from '../stage.ts';
import { paint, table, type Terminal } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const explain: Verb = {
  description: 'Of any answer of the API and of any batch prediction, of this home or of a stage in an account: who asked and in which variant they were, which version, policy or rate cards answered, every input with where it comes from and when what it tells of '
    + 'happened last, what each contributed (for trees), what was answered, and what came of it.',
  options: [STAGE_OPTION],
  examples: ['millrace explain 01a1fe58-caf0-7d77-b06c-d1204dad934b', 'millrace explain 01a1fe58-caf0-7d77-b06c-d1204dad934b --stage prod --json'],
  async run(invocation) {
    await withAnswers(invocation, async (answers) => {
      const explanation = await explainAnswer(answers, invocation.arguments[0] ?? '');
      present(invocation, explanation, () => printExplanation(invocation.terminal, explanation));
    });
  },
};

function printExplanation(terminal: Terminal, { prediction, reason, card, features, bias, answer, outcomes, notes }: Explanation): void {
  const { kind, version, score, fallback, predicted_at: at, latency_ms: latency, entity, experiment, variant, unit, key_id: key } = prediction;
  const isBatch = key === '';
  const answered = Object.keys(answer).length > 0;
  terminal.out(`${paint(terminal, 'bold', kind)} version ${version} answered ${score ?? (answered ? 'what is below' : 'nothing')}${fallback ? ' as a fall-back' : ''} at ${new Date(at).toISOString()}${isBatch ? '' : `, in ${latency.toFixed(1)} ms`}\n`
    + `about ${entity}${variant === null ? '' : experiment === null ? `, by the ${variant}` : `, in variant ${variant} of ${experiment}`}${unit === null ? '' : `, for ${unit}`}${isBatch ? '' : `, asked by the key '${key}'`}\n`
    + `${reason === undefined ? '' : `because: ${reason}\n`}${card === undefined ? '' : `trained as of ${card.asOf} on ${card.rows.train} rows\n`}\n`);
  if (features.length > 0) {
    const sorted = features.toSorted((left, right) => Math.abs(right.contribution ?? 0) - Math.abs(left.contribution ?? 0));
    const told = sorted.some(({ newest }) => newest !== undefined);
    const adds = bias !== undefined;
    terminal.out(table(terminal, ['input', 'value', 'from', ...(told ? ['newest event'] : []), ...(adds ? ['contributes'] : [])], sorted.map(({ name, value, source, newest, contribution }) => [
      name, value === null ? 'missing' : typeof value === 'number' ? String(Number(value.toPrecision(6))) : String(value), source, ...(told ? [newest === undefined ? '' : ageOf(Date.parse(newest), at)] : []), ...(adds ? [signed(contribution)] : []),
    ])));
    if (adds) terminal.out(`${signed(bias)} is where every row starts; contributions are in the margin of the model (log-odds for a probability)\n`);
  }
  if (answered) terminal.out(`${features.length > 0 ? '\n' : ''}${table(terminal, ['answered', ''], Object.entries(answer).map(([name, value]) => [name.replaceAll('_', ' '), value === null ? 'nothing' : String(value)]))}`);
  for (const note of notes) terminal.out(`  ${note}\n`);
  terminal.out(outcomes.length === 0 ? '\nno outcome was reported yet\n' : `\n${table(terminal, ['outcome', 'value', 'at'], outcomes.map(({ outcome, value, at: happened }) => [outcome, value === null ? '' : String(value), happened]))}`);
}

export const reproduce: Verb = {
  description: 'Equal, or it says what differs: what was served and what the tables of then say. Read are the snapshots that the answer was made from; tags keep them for thirty days, or for as long as the stage says (upkeep.keepAnswersDays). Exit code 5 where it differs, 4 where something is not kept any more.',
  options: [STAGE_OPTION],
  examples: ['millrace reproduce 01a1fe58-caf0-7d77-b06c-d1204dad934b', 'millrace reproduce 01a1fe58-caf0-7d77-b06c-d1204dad934b --stage prod'],
  async run(invocation) {
    return withAnswers(invocation, async (answers) => {
      const result = await reproduceAnswer(answers, invocation.arguments[0] ?? '');
      present(invocation, result, () => printReproduction(invocation.terminal, result));
      return result.equal ? 0 : 5;
    });
  },
};

function printReproduction(terminal: Terminal, { kind, version, logged, fromLog, fromLake, differences, equal, snapshots, notes }: Reproduction): void {
  const figures = [logged === null ? undefined : `answered ${logged}`, fromLog === null ? undefined : `from the logged inputs ${fromLog}`, fromLake === null ? undefined : `from the lake ${fromLake}`].filter((text) => text !== undefined);
  terminal.out(`${paint(terminal, 'bold', kind)} version ${version}${figures.length === 0 ? '' : `: ${figures.join(', ')}`}\n`);
  const read = Object.entries(snapshots).map(([name, id]) => `${name} at ${id}`);
  if (read.length > 0) terminal.out(`read ${read.join(', ')}\n`);
  terminal.out(equal ? `${paint(terminal, 'green', '✔')} equal\n` : `${paint(terminal, 'red', '✖')} not equal\n`);
  if (differences.length > 0) terminal.out(`\n${table(terminal, ['', 'logged', 'from the lake'], differences.map(({ feature, logged: one, lake }) => [feature, String(one ?? 'missing'), String(lake ?? 'missing')]))}`);
  for (const note of notes) terminal.out(`  ${note}\n`);
}

/** `12 s before` */
function ageOf(happened: number, at: number): string {
  const secondsBefore = Math.max(0, (at - happened) / 1000);
  const [span, unit] = secondsBefore < 120 ? [secondsBefore, 's'] : secondsBefore < 7_200 ? [secondsBefore / 60, 'min'] : secondsBefore < 172_800 ? [secondsBefore / 3_600, 'h'] : [secondsBefore / 86_400, 'days'];
  return `${Number(span.toPrecision(3))} ${unit} before`;
}

function signed(value: number | undefined): string {
  return value === undefined ? '' : `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
}
