// A model card in Markdown (Mitchell et al. 2019), written from what the registry knows: what it is for, what it was made from, how good it is and for whom, and where it ends.
import type { ReliabilityBin } from '../metrics/classification.ts';
import type { AliasState } from './alias-state.ts';
import type { ModelCard } from './card.ts';
import { probabilityText } from './figures.ts';

/** `state`: of the predictor's aliases now. */
export function modelCardText(card: ModelCard, { aliases, canary }: AliasState): string {
  return [
    `# ${card.predictor}, version ${card.version}\n\n${card.question}`,
    ...intended(card, standing(card, aliases, canary)), ...data(card), ...quality(card), ...parts(card), ...calibrated(card.reliability, card.metrics['calibration_error']), ...uses(card), ...found(card), ...limits(card), ...made(card),
  ].join('\n\n') + '\n';
}

function standing({ version }: ModelCard, aliases: AliasState['aliases'], canary: AliasState['canary']): string {
  if (canary?.version === version) return `it answers ${percent(canary.share)} of the traffic as a canary, since ${day(canary.startedAt)}`;
  const names = Object.entries(aliases).filter(([, other]) => other === version).map(([alias]) => alias);
  return names.length === 0 ? 'it answers nobody' : `it is ${names.join(' and ')}`;
}

function intended({ predictor, entities, output, owner, features }: ModelCard, stands: string): string[] {
  return [
    '## Intended use', [
      `Answers, for ${entities.map((name) => `\`${name}\``).join(' and ')}, with ${output === 'probability' ? 'a probability between 0 and 1' : 'a value in the unit of its label'}: at \`POST /v1/predict/${predictor}\`, and for everybody by \`millrace predict ${predictor}\`.`,
      `${owner === undefined ? 'Nobody is named as its owner' : `Its owner is ${owner}`}; now ${stands}.`,
      features.length === 0 ? 'It learns from who, when and what came of it; it takes no features.' : `It takes ${features.length} features, listed below, each as of the moment of the question.`,
    ].join('\n'),
  ];
}

function data({ rows, asOf, baseRate, output, split, snapshots, leaks, trainingSet, sample }: ModelCard): string[] {
  const checked = leaks === undefined ? 'It was not looked through for features that see their future.'
    : leaks.leaks.length === 0 ? `No feature sees its future: ${leaks.rows} rows stayed the same when the shop was made to end at ${leaks.cuts.map((cut) => cut.slice(0, 10)).join(' and ')}.${leaks.whole.length === 0 ? '' : ` Sources that do not say when a row came about could not be cut: ${leaks.whole.join(', ')}.`}`
      : `**It learned from what was not known yet**: ${leaks.leaks.map(({ feature }) => `\`${feature}\``).join(', ')}.`;
  return [
    '## Data', table(['', ''], [
      ['as of', asOf], ['rows to learn from', count(rows.train)], ['rows to validate', count(rows.validate)], ['later rows to test', count(rows.test)],
      ...(sample === undefined ? [] : [['a seeded part of the rows', `${(100 * sample.share).toPrecision(3)} % of ${count(sample.of)}`]]),
      ...(split === undefined ? [] : [['split by time', `the last ${split.test} test, ${split.validate} before validate, ${split.gap} before each are left out`]]),
      [output === 'probability' ? 'share of rows for which it happened' : 'mean of the label', figure(baseRate)],
      ['training set (SHA-256 of its statement)', `\`${trainingSet.slice(0, 16)}\``],
      ...Object.entries(snapshots).map(([name, id]) => [`snapshot of \`${name}\``, `\`${id}\``]),
    ]),
    checked,
  ];
}

function quality({ metrics, baseline, beside, gate }: ModelCard): string[] {
  const own = Object.entries(metrics).filter(([name]) => !name.startsWith('baseline_'));
  return [
    '## Metrics', `On the test rows, which are later than all that was learned from.${baseline === undefined ? '' : ` The naive answer is ${baseline}.`}`,
    table(['', 'this version', 'naive answer', ...(beside === undefined ? [] : [`champion of then (${beside.version})`])], own.map(([name, value]) => [
      name.replaceAll('_', ' '), figure(value), figure(metrics[`baseline_${name}`]), ...(beside === undefined ? [] : [figure(beside.metrics[name])]),
    ])),
    ...(gate === undefined || gate.checks.length === 0 ? [] : [`The gate: ${gate.passes ? 'passed' : `**not passed**, ${gate.reasons.join('; ')}`}.`, table(['demand', 'is', 'must be', ''], gate.checks.map(({ check, figure: is, must, bound, passes }) => [check, figure(is), `${must} ${figure(bound)}`, passes ? 'yes' : '**no**']))]),
  ];
}

function parts({ slices = [] }: ModelCard): string[] {
  return slices.length === 0 ? [] : ['## By parts', table(['part', 'rows', 'this version', 'champion of then'], slices.map(({ column, value, rows, own, champion }) => [`${column} ${value}`, count(rows), figure(own), figure(champion)]))];
}

function calibrated(bins: readonly ReliabilityBin[], error: number | undefined): string[] {
  const told = bins.filter(({ rows }) => rows > 0);
  return told.length === 0 ? [] : [
    '## Calibration', `What it says is off by ${figure(error)} on average.`,
    table(['it says', 'it happens', 'rows'], told.map(({ said, happened, rows }) => [probabilityText(said), probabilityText(happened), count(rows)])),
  ];
}

function uses({ importance, suspects = [] }: ModelCard): string[] {
  return importance.length === 0 ? [] : [
    '## What it uses', 'How much is lost on the test rows when a feature is shuffled.', table(['feature', 'loss'], importance.map(({ feature, loss }) => [`\`${feature}\``, figure(loss)])),
    ...suspects.map(({ feature, alone }) => `**\`${feature}\` foretells the label almost alone (${figure(alone)})**: look whether it is the label under another name.`),
  ];
}

function found({ tuning }: ModelCard): string[] {
  if (tuning === undefined) return [];
  return [
    '## Search for settings', `${tuning.trials.length} trials, seed ${tuning.seed}, judged by ${tuning.metric.replaceAll('_', ' ')} on ${count(tuning.rows.decide)} rows, all before ${tuning.before.slice(0, 10)}; the test rows took no part.${tuning.cutShort ? ' The time was over before all were made.' : ''}`,
    table(['trial', 'settings', 'share of rows', 'score', 'seconds'], tuning.trials.map(({ trial, settings, share, score, seconds, failed }) => [
      `${trial}${trial === tuning.chosen && share === 1 ? ' (chosen)' : ''}`, Object.entries(settings).map(([name, value]) => `${name} ${String(value)}`).join(', ') || 'as declared', percent(share), failed ?? figure(score), seconds.toFixed(1),
    ])),
  ];
}

function limits({ asOf, rows, reliability, slices = [], features, output, leaks }: ModelCard): string[] {
  return [
    '## Limits', [
      `- It knows nothing of what came after ${asOf}. \`millrace monitor\` tells when features or scores drift from what it has seen.`,
      ...(rows.test < 1_000 ? [`- It was tested on ${count(rows.test)} rows only: its metrics may be off by a few hundredths.`] : []),
      ...(output === 'probability' && reliability.length > 0 ? ['- A probability is right on average over many, not for one person; do not refuse anybody anything by it alone.'] : []),
      ...(slices.length === 0 ? ['- It was measured as a whole, not part by part: declare `slices` in its gate to see for whom it is worse.'] : []),
      ...(features.some((name) => name.includes('.')) ? ['- Where the online store cannot be read, it answers with the base rate, marked as a fall-back.'] : []),
      ...(leaks !== undefined && leaks.whole.length > 0 ? [`- What ${leaks.whole.join(', ')} say is taken as if it had always been so.`] : []),
    ].join('\n'),
  ];
}

function made({ algorithm, parameters, codeVersion, commit, trainedAt, seconds }: ModelCard): string[] {
  return [
    '## How it was made', table(['', ''], [
      ['algorithm', algorithm.replaceAll('_', ' ')], ...Object.entries((parameters ?? {}) as Record<string, unknown>).map(([name, value]) => [name, typeof value === 'object' ? `\`${JSON.stringify(value)}\`` : String(value)]),
      ['trained at', new Date(trainedAt).toISOString()], ['seconds', seconds.toFixed(1)], ['Millrace', codeVersion], ...(commit === undefined ? [] : [['commit of the project', `\`${commit}\``]]),
    ]),
  ];
}

/** Cells are ours: names, figures and settings, in which a bar would end a cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const count = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

function figure(value: number | null | undefined): string {
  return value === undefined || value === null || !Number.isFinite(value) ? '-' : String(Number(value.toPrecision(4)));
}
