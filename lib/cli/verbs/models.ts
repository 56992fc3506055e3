// millrace models: every version of every predictor, which of them answers; a version's card; and what waits for MLflow.
import { MillraceError, systemClock } from '../../base/index.ts';
import { modelCardText, probabilityText, type AliasState, type ModelCard, type ModelRegistry } from '../../learning/registry/index.ts';
import { openHome } from '../../local/home.ts';
import type { SentReport } from '../../local/index.ts';
import { canaryCountsOf, declaredPredictors, homeRegistry, waitingForMlflow, type KeptFile } from '../../local/versions.ts';
import { stageOf, STAGE_OPTION, type NamedStage } from '../stage.ts';
import { number, paint, table, type Terminal } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

export const models: Verb = {
  description: 'Without words: all versions, the aliases champion and challenger, and canaries with what was counted of them. `card PREDICTOR [VERSION]` prints the model card, in Markdown, of a version, by default of the champion. '
    + '`send` sends what waits for MLflow; with --stage, all versions of the account that the server lacks, and who answers.',
  options: [STAGE_OPTION],
  examples: ['millrace models', 'millrace models --stage prod', 'millrace models --json', 'millrace models card conversion', 'millrace models card conversion 3 > conversion-3.md', 'MLFLOW_TRACKING_URI=http://127.0.0.1:5000 millrace models send', 'millrace models send --stage prod'],
  async run(invocation) {
    const [word, ...rest] = invocation.arguments;
    const { project, environment } = invocation;
    if (word !== undefined && !(word === 'card' && (rest.length === 1 || rest.length === 2)) && !(word === 'send' && rest.length === 0)) {
      if (word === 'card' && rest.length === 0) throw new MillraceError('usage', 'nobody said whose card', { todo: 'Say millrace models card <predictor> [version].' });
      throw new MillraceError('usage', `millrace models does not know '${invocation.arguments.join(' ')}'`, { todo: 'Say millrace models, millrace models card <predictor> [version], or millrace models send.' });
    }
    const stage = await stageOf(invocation);
    if (stage !== undefined) return ofStage(invocation, stage);
    const home = await openHome(invocation.home, { create: false });
    const registry = homeRegistry(home);
    if (word === 'card') return card(invocation, registry, rest[0]!, rest[1]);
    if (word === 'send') {
      const { sendToMlflow } = await import('../../local/index.ts');
      return sent(invocation, await sendToMlflow({ home, registry, environment }));
    }
    return list(invocation, registry, await declaredPredictors(project), await canaryCountsOf(home), await waitingForMlflow(home));
  },
};

/** The same of an account. Loaded only for who asks for it: its clients take a while. */
async function ofStage(invocation: Invocation, stage: NamedStage): Promise<number | void> {
  const [{ withRegistry }, { registryOf, sendRegistryToMlflow }] = await Promise.all([import('../registry.ts'), import('../../local/index.ts')]);
  const [word, name = '', version] = invocation.arguments;
  return withRegistry(invocation, async (runtime) => {
    const registry = registryOf(runtime);
    if (word === 'card') return card(invocation, registry, name, version);
    if (word === 'send') return sent(invocation, await sendRegistryToMlflow({ registry, environment: invocation.environment }));
    return list(invocation, registry, await declaredPredictors(invocation.project), await countsIn(stage, registry, invocation), []);
  });
}

/** What the functions of an account have counted of the canaries that run. */
async function countsIn({ name, settings: { region } }: NamedStage, registry: ModelRegistry, { environment }: Invocation): Promise<KeptFile> {
  const { openApiTable, readCanaryCounts } = await import('../../serving/aws/index.ts');
  const table = openApiTable({ stage: name, region, clock: systemClock, environment });
  try {
    const counted: KeptFile = {};
    for (const predictor of await registry.predictors()) {
      const { canary } = await registry.state(predictor);
      if (canary !== undefined) counted[predictor] = { startedAt: canary.startedAt, counts: await readCanaryCounts(table, predictor, canary) };
    }
    return counted;
  } finally {
    await table.close();
  }
}

async function list(invocation: Invocation, registry: ModelRegistry, declared: readonly string[], counts: KeptFile, waiting: readonly string[]): Promise<void> {
  const { terminal } = invocation;
  const listed = await Promise.all([...new Set([...declared, ...await registry.predictors()])].sort().map(async (predictor) => {
    const { aliases, canary, change } = await registry.state(predictor);
    const counted = counts[predictor];
    return {
      predictor, aliases, ...(canary === undefined ? {} : { canary: { ...canary, ...(counted?.startedAt === canary.startedAt ? { counts: counted.counts } : {}) } }), ...(change === undefined ? {} : { lastChange: change }), versions: await registry.versions(predictor), damaged: await registry.damaged(predictor),
    };
  }));
  present(invocation, listed, () => {
    const rows = listed.flatMap(({ predictor, aliases, canary, versions }) => (versions.length === 0 ? [[predictor, '-', 'not trained yet', '', '', '']] : versions.map((one) => [
      predictor, one.version, standing(one.version, { aliases, ...(canary === undefined ? {} : { canary }) }), headline(one), one.asOf, number(one.rows.train),
    ])));
    terminal.out(table(terminal, ['predictor', 'version', 'alias', 'on the test rows', 'as of', 'trained on'], rows));
    for (const { predictor, canary, lastChange } of listed) {
      if (canary !== undefined) {
        const { champion, challenger } = canary.counts ?? {};
        terminal.out(`\n  the canary of ${predictor} began at ${new Date(canary.startedAt).toISOString()}; ${challenger === undefined || champion === undefined ? 'nothing was counted yet: millrace serve, or start, answers with it'
          : `${number(challenger.answers)} answers, ${number(challenger.errors)} errors, ${number(challenger.fallbacks)} fall-backs, beside ${number(champion.answers)}, ${number(champion.errors)}, ${number(champion.fallbacks)} of the champion`}\n`);
      }
      if (lastChange?.what === 'canary_rolled_back') terminal.out(`\n  ${paint(terminal, 'yellow', '!')} the canary of ${predictor}, version ${lastChange.version}, went back at ${new Date(lastChange.at).toISOString()}: ${(lastChange.reasons ?? []).join('; ')}\n`);
    }
    for (const { predictor, damaged } of listed) for (const { version, why } of damaged) terminal.out(`\n  ${paint(terminal, 'red', '✖')} version ${version} of ${predictor} is not listed: ${why}\n`);
    if (waiting.length > 0) terminal.out(`\n  waiting for MLflow: ${waiting.join(', ')}; millrace models send\n`);
  });
}

function standing(version: string, { aliases, canary }: Pick<AliasState, 'aliases' | 'canary'>): string {
  return Object.entries(aliases).filter(([, other]) => other === version)
    .map(([alias]) => (alias === 'challenger' && canary?.version === version ? `canary, ${Number((canary.share * 100).toPrecision(3))} %` : alias)).join(', ');
}

async function card(invocation: Invocation, registry: ModelRegistry, predictor: string, given: string | undefined): Promise<void> {
  const state = await registry.state(predictor);
  const version = given ?? state.aliases.champion ?? (await registry.versions(predictor)).at(-1)?.version;
  if (version === undefined) {
    const declared = await declaredPredictors(invocation.project);
    throw new MillraceError('not_found', `there is no version of ${predictor}`, { todo: declared.includes(predictor) ? `millrace train ${predictor}` : `There is no such predictor: there are ${declared.join(', ')}.` });
  }
  const found = await registry.card(predictor, version);
  present(invocation, found, () => invocation.terminal.out(modelCardText(found, state)));
}

function sent(invocation: Invocation, report: SentReport): number {
  present(invocation, report, () => printSent(invocation.terminal, report));
  return report.failure === undefined && report.refused.length === 0 ? 0 : 5;
}

export function printSent(terminal: Terminal, { sent: done, waiting, failure, refused }: SentReport): void {
  if (done.length > 0) terminal.out(`  sent to MLflow: ${done.join(', ')}\n`);
  if (done.length + waiting.length + refused.length === 0) terminal.out('  nothing waits for MLflow\n');
  if (failure !== undefined) terminal.err(`  ${paint(terminal, 'yellow', '!')} ${failure}; waiting: ${waiting.join(', ')}\n`);
  for (const { what, why } of refused) terminal.err(`  ${paint(terminal, 'yellow', '!')} ${what} was not taken: ${why}\n`);
}

/** What a version is judged by first, beside what a naive answer would have had: `auc 0.9060, naive 0.8825`. */
export function headline({ metrics }: ModelCard): string {
  const names = Object.keys(metrics).filter((name) => !name.startsWith('baseline_'));
  const first = names.find((name) => metrics[`baseline_${name}`] !== undefined) ?? names[0];
  if (first === undefined) return '';
  const naive = metrics[`baseline_${first}`];
  return `${first.replaceAll('_', ' ')} ${figure(metrics[first])}${naive === undefined ? '' : `, naive ${figure(naive)}`}`;
}

/** A metric with four digits behind the point, more where they would all be 0; counts whole. */
export function figure(value: number | undefined | null): string {
  if (value === undefined || value === null || !Number.isFinite(value)) return '-';
  if (Number.isInteger(value) && Math.abs(value) >= 10) return number(value);
  return value !== 0 && Math.abs(value) < 0.001 ? probabilityText(value) : value.toFixed(4);
}
