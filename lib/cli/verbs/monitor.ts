// millrace monitor: whether the models still see what they were trained on, and whether serving and training agree.
import { MillraceError } from '../../base/index.ts';
import { keepForAnswersOfHome, monitorHome, predictorNamed, type MonitoredVersion } from '../../local/index.ts';
import type { SkewRow } from '../../quality/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint, percent, progressLine, table, type Terminal } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';
import { numberOption } from './stream.ts';

/** Features of a version that are shown; all are in the tables and in --json. */
const SHOWN = 6;

export const monitor: Verb = {
  description: 'Drift: population stability index and Kolmogorov-Smirnov distance of every served feature and score against the training set of the version, into gold.model_drift. '
    + 'Skew: the features of a seeded sample of answers, computed again from the lake as of each answer, into gold.train_serve_skew. What an online store that is a little behind explains is told apart. '
    + 'While `millrace start` runs this happens by itself. Exit code 6 where a feature is skewed.',
  options: [
    { flags: '--days <number>', description: 'business dates of the window, which ends with the newest answer', default: '7' },
    { flags: '--sample <number>', description: 'answers of a version whose features are computed again; 0: none', default: '500' },
    { flags: '--seed <number>', description: 'decides which', default: '1' },
  ],
  examples: ['millrace monitor', 'millrace monitor conversion --days 1 --sample 5000'],
  async run(invocation) {
    const { terminal } = invocation;
    const settings = { days: numberOption(invocation, 'days', 1, 365), sample: numberOption(invocation, 'sample', 0, 20_000), seed: numberOption(invocation, 'seed', 0, 2 ** 31) };
    for (const [name, value] of Object.entries(settings)) if (!Number.isInteger(value)) throw new MillraceError('usage', `--${name} ${value} is no whole number`);
    return withRuntime(invocation, async (runtime) => {
      const [predictor] = invocation.arguments;
      if (predictor !== undefined) await predictorNamed(runtime, predictor);
      const line = progressLine(terminal);
      // Beside it, since it runs every few minutes: what answers were made from is tagged long before anything expires.
      await keepForAnswersOfHome(runtime);
      const report = await monitorHome(runtime, { ...settings, ...(predictor === undefined ? {} : { predictor }), onProgress: (text) => line.show(`  monitor   ${text}`) }).finally(() => line.clear());
      present(invocation, report, () => {
        if (report.versions.length === 0) {
          terminal.out('no model has answered yet, or its answers have not reached silver.predictions\n  `millrace run batch --select silver.predictions` brings them there; `millrace start` does so every minute\n');
          return;
        }
        terminal.out(`answers of ${report.window!.start} to ${report.window!.end}, exclusive\n`);
        for (const version of report.versions) print(terminal, version);
      });
      return report.versions.some(({ skew }) => skew.some(({ status }) => status === 'skewed')) ? 6 : 0;
    });
  },
};

function print(terminal: Terminal, { predictor, version, answers, drift, skew }: MonitoredVersion): void {
  terminal.out(`\n${paint(terminal, 'bold', `${predictor} ${version}`)} · ${number(answers)} answers\n`);
  if (drift.length === 0) {
    terminal.out('  drift   not measured: the version keeps no baseline; one that is trained now does\n');
  } else {
    const score = drift.filter(({ isScore }) => isScore);
    const features = drift.filter(({ isScore }) => !isScore);
    terminal.out(table(terminal, ['drift of', 'psi', 'ks', 'missing', 'at training', ''], [...score, ...features.slice(0, SHOWN)].map((row) => [
      row.feature, row.psi.toFixed(3), row.ks === undefined ? '' : row.ks.toFixed(3), percent(row.missingShare), percent(row.missingShareAtTraining),
      row.status === 'drifted' ? paint(terminal, 'red', 'drifted') : row.status === 'moving' ? paint(terminal, 'yellow', 'moving') : row.status === 'too_few' ? 'too few answers to say' : paint(terminal, 'green', 'stable'),
    ])));
    if (features.length > SHOWN) terminal.out(`  ${features.length - SHOWN} more, with a lower psi\n`);
  }
  if (skew.length > 0) printSkew(terminal, skew);
}

function printSkew(terminal: Terminal, skew: readonly SkewRow[]): void {
  const differing = skew.filter(({ status }) => status !== 'equal');
  const compared = Math.max(...skew.map((row) => row.compared));
  if (differing.length === 0) {
    terminal.out(`  ${paint(terminal, 'green', '✔')} skew    ${number(skew.length)} features of ${number(compared)} answers are what the lake says of the same moments\n`);
    return;
  }
  const [worst] = differing;
  terminal.out(`\n${table(terminal, ['skew of', 'compared', 'differ', 'by lag', 'largest', ''], differing.slice(0, SHOWN).map((row) => [
    row.feature, number(row.compared), number(row.differing), number(row.explainedByLag), row.largestDifference === undefined ? '' : String(Number(row.largestDifference.toPrecision(4))),
    row.status === 'skewed' ? paint(terminal, 'red', 'skewed') : paint(terminal, 'yellow', 'the store was behind'),
  ]))}`);
  if (worst?.status === 'skewed') {
    terminal.out(`  ${paint(terminal, 'red', '✖')} worst: ${worst.feature} differs in ${percent(worst.differing / worst.compared)} of the answers\n    npx millrace reproduce ${worst.example}\n`);
  }
}
