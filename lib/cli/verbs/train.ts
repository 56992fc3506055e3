// millrace train, compare, predict: from a question to versions that answer it.
import { MillraceError } from '../../base/index.ts';
import { probabilityText, type GateCheck, type ModelCard } from '../../learning/index.ts';
import { compareVersions, predictInHome, trainInHome, type TrainingReport } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { bar, number, paint, progressLine, table, type Terminal } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';
import { figure } from './models.ts';
import { tellMlflow } from './promote.ts';
import { numberOption } from './stream.ts';

export const train: Verb = {
  description: 'Builds the training set as of a date, each row as of its own moment; trains; measures on a later time than anything learned from; keeps the version with all it was made from; and promotes it unless the gate says no.',
  options: [
    { flags: '--as-of <date>', description: 'what is known before this date; default: the end of the latest history that is long enough for the split' },
    { flags: '--keep-champion', description: 'keep the version without letting it answer' },
    { flags: '--tune', description: 'search for better settings first, on rows from before the test window' },
    { flags: '--trials <number>', description: 'how many settings to try beside those declared (with --tune; default: 20)' },
    { flags: '--seconds <number>', description: 'begin no trial after so long (with --tune)' },
    { flags: '--seed <number>', description: 'of the search: the same seed tries the same settings (with --tune; default: 1)' },
    { flags: '--allow-leaks', description: 'train although features see their future, to look at it; the card says so' },
  ],
  examples: ['millrace train conversion', 'millrace train conversion --tune --trials 30', 'millrace train churn --as-of 2018-08-01 --keep-champion'],
  async run(invocation) {
    const { asOf } = invocation.options;
    const tune = searchOf(invocation);
    return withRuntime(invocation, async (runtime) => {
      const line = progressLine(invocation.terminal);
      try {
        const report = await trainInHome(runtime, invocation.arguments[0] ?? '', {
          ...(typeof asOf === 'string' ? { asOf } : {}), keepChampion: invocation.options['keepChampion'] === true, allowLeaks: invocation.options['allowLeaks'] === true,
          ...(tune === undefined ? {} : { tune }), onProgress: (text) => line.show(`  ${text}`),
        });
        line.clear();
        present(invocation, report, () => printTraining(invocation.terminal, report));
        await tellMlflow(invocation, runtime, report.card.predictor, report.card.version);
        return 0;
      } finally {
        line.clear();
      }
    });
  },
};

/** undefined where nothing is to be searched. @throws `usage` for settings of a search that was not asked for. */
function searchOf(invocation: Invocation): { trials: number; seed: number; seconds?: number } | undefined {
  const { tune, trials, seed, seconds } = invocation.options;
  if (tune !== true) {
    const idle = Object.entries({ trials, seed, seconds }).find(([, value]) => value !== undefined)?.[0];
    if (idle !== undefined) throw new MillraceError('usage', `--${idle} is of the search for settings, and none was asked for`, { todo: 'Give --tune too.' });
    return undefined;
  }
  return { trials: trials === undefined ? 20 : numberOption(invocation, 'trials', 1, 1_000), seed: seed === undefined ? 1 : numberOption(invocation, 'seed', 0, 2 ** 31), ...(seconds === undefined ? {} : { seconds: numberOption(invocation, 'seconds', 1, 86_400, { whole: false }) }) };
}

export const compareVerb: Verb = {
  examples: ['millrace compare conversion 1 2'],
  async run(invocation) {
    const [name = '', a = '', b = ''] = invocation.arguments;
    await withRuntime(invocation, async (runtime) => {
      const { cards: [one, other], same, why } = await compareVersions(runtime, name, a, b);
      present(invocation, [one, other].map((card, index) => ({ ...card, ...(same === undefined ? { notOnSameRows: why } : { onSameRows: { rows: same.rows, asOf: same.asOf, metrics: same.metrics[index] } }) })), () => {
        const [left, right] = same?.metrics ?? [one.metrics, other.metrics];
        const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
        const only = (card: ModelCard, beside: ModelCard): string => card.features.filter((feature) => !beside.features.includes(feature)).join(', ');
        invocation.terminal.out(table(invocation.terminal, ['', `version ${a}`, `version ${b}`], [
          ['as of', one.asOf, other.asOf], ['algorithm', one.algorithm, other.algorithm], ['test rows of its own', number(one.rows.test), number(other.rows.test)],
          ...(only(one, other) + only(other, one) === '' ? [] : [['features of its own', only(one, other), only(other, one)]]),
          ...differing(one.parameters, other.parameters), ['the gate', passed(one), passed(other)],
          ...names.map((metric) => [metric, figure(left[metric]), figure(right[metric])]),
        ]));
        invocation.terminal.out(same === undefined ? `\n  each on the test rows of its own, as they were not asked of the same: ${why}\n` : `\n  metrics of both on the same ${number(same.rows)} rows, the last that were known as of ${same.asOf}\n`);
      });
    });
  },
};

/** Settings that are not the same in both. */
function differing(one: unknown, other: unknown): string[][] {
  const [left, right] = [one, other].map((settings) => (settings ?? {}) as Record<string, unknown>) as [Record<string, unknown>, Record<string, unknown>];
  const text = (value: unknown): string => (value === undefined ? '-' : typeof value === 'string' ? value : JSON.stringify(value));
  return [...new Set([...Object.keys(left), ...Object.keys(right)])].map((name) => [name, text(left[name]), text(right[name])]).filter(([, a, b]) => a !== b);
}

const passed = ({ gate }: ModelCard): string => (gate === undefined ? '-' : gate.passes ? 'passed' : 'not passed');

export const predictVerb: Verb = {
  options: [{ flags: '--as-of <date>', description: 'what is known before this date; default: as train takes it' }],
  examples: ['millrace predict churn'],
  async run(invocation) {
    const { asOf } = invocation.options;
    await withRuntime(invocation, async (runtime) => {
      const done = await predictInHome(runtime, invocation.arguments[0] ?? '', typeof asOf === 'string' ? { asOf } : {});
      present(invocation, done, () => invocation.terminal.out(`${number(done.rows)} predictions in ${done.table}, by version ${done.version}, as of ${done.asOf}\n`));
    });
  },
};

function printTraining(terminal: Terminal, { card, champion, gate, promoted, canary }: TrainingReport): void {
  terminal.out(`${paint(terminal, 'bold', `${card.predictor} version ${card.version}`)} · ${card.question}\n`
    + `${card.algorithm.replace('_', ' ')}, ${number(card.rows.train)} rows to learn, ${number(card.rows.validate)} to validate, ${number(card.rows.test)} later ones to test, as of ${card.asOf}, ${card.seconds.toFixed(1)} s\n`
    + `${leakLine(card)}${tuningLine(card)}\n`);
  terminal.out(table(terminal, ['on the test rows', 'this', ...(champion === undefined ? [] : [`champion (${champion.version})`])],
    Object.entries(card.metrics).map(([name, value]) => [name, figure(value), ...(champion === undefined ? [] : [figure(champion.metrics[name])])]), { indent: 2 }));
  const most = card.importance[0]?.loss ?? 0;
  if (card.importance.length > 0) terminal.out(`\n${table(terminal, ['what it uses', ''], card.importance.slice(0, 8).map(({ feature, loss }) => [feature, most > 0 && loss > 0 ? bar(loss / most, 20).replaceAll('░', '') : '']), { indent: 2 })}`);
  if (card.reliability.length > 0) terminal.out(`\n${table(terminal, ['it says', 'it happens', 'rows'], card.reliability.filter(({ rows }) => rows > 0).map(({ said, happened, rows }) => [probabilityText(said), probabilityText(happened), number(rows)]), { indent: 2 })}`);
  for (const { feature, alone } of card.suspects ?? []) terminal.out(`\n  ${paint(terminal, 'yellow', '!')} ${feature} foretells ${card.label ?? 'the label'} almost alone (${alone.toFixed(4)}): look whether it is the label under another name\n`);
  printGate(terminal, gate.checks);
  terminal.out(promoted ? `\n  ${paint(terminal, 'green', '✔')} passes the gate and answers from now on\n`
    : gate.passes ? `\n  passes the gate; kept without letting it answer${canary === undefined ? '' : `, while version ${canary} is a canary`}\n`
      : `\n  ${paint(terminal, 'yellow', '✖')} does not answer: ${gate.reasons.join('; ')}\n`);
}

function printGate(terminal: Terminal, checks: readonly GateCheck[]): void {
  if (checks.length === 0) return;
  terminal.out(`\n${table(terminal, ['the gate', 'is', 'must be', ''], checks.map(({ check, figure: is, must, bound, passes }) => [check, figure(is), `${must} ${figure(bound)}`, passes ? paint(terminal, 'green', '✔') : paint(terminal, 'yellow', '✖')]), { indent: 2 })}`);
}

function leakLine({ leaks }: ModelCard): string {
  if (leaks === undefined) return '';
  if (leaks.leaks.length > 0) return `it learned from what was not known yet: ${leaks.leaks.map(({ feature }) => feature).join(', ')}\n`;
  return `no feature sees its future: ${number(leaks.rows)} rows are the same when the shop ends at ${leaks.cuts.map((cut) => cut.slice(0, 10)).join(' or ')}\n`;
}

function tuningLine({ tuning }: ModelCard): string {
  if (tuning === undefined) return '';
  const of = (wanted: number): number | null | undefined => tuning.trials.findLast(({ trial, share }) => trial === wanted && share === 1)?.score;
  const chosen = tuning.trials.findLast(({ trial }) => trial === tuning.chosen);
  return `${number(tuning.trials.length)} trials on rows before ${tuning.before.slice(0, 10)}: ${tuning.chosen === 0 ? 'none was better than what is declared'
    : `${Object.entries(chosen?.settings ?? {}).map(([name, value]) => `${name} ${String(value)}`).join(', ')}; ${tuning.metric} ${figure(of(tuning.chosen))} there, ${figure(of(0))} as declared`}\n`;
}
