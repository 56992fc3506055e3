// millrace promote, and rollback of a predictor: which version answers, all at once or a share of the traffic first.
import { MillraceError, systemClock } from '../../base/index.ts';
import { DEFAULT_CANARY_LIMITS, type ModelAlias, type ModelCard, type ModelRegistry } from '../../learning/index.ts';
import { ExperimentFolder, noteForMlflow, predictorNamed, registryOf, sendRegistryToMlflow, sendToMlflow, type Runtime } from '../../local/index.ts';
import { withRegistry } from '../registry.ts';
import { stageOf, STAGE_OPTION, type NamedStage } from '../stage.ts';
import { paint } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';
import { printSent } from './models.ts';
import { numberOption } from './stream.ts';

export const promote: Verb = {
  description: 'Lets a version answer. With --canary it answers a share of the traffic, the same visitors every time, and is watched beside the champion, by millrace serve or start in a home, by functions of the stage in an account: errors, fall-backs, time, and how right it is where outcomes have come. '
    + 'Where it does worse it goes back by itself; where all is well for long enough it takes over, unless --manual. `millrace promote PREDICTOR VERSION` and `millrace rollback PREDICTOR` end it by hand.',
  options: [
    { flags: '--as <alias>', description: 'champion, or challenger for experiments', default: 'champion' },
    { flags: '--force', description: 'also where the gate says no' },
    { flags: '--canary <share>', description: 'answer this share of the traffic first: 10%' },
    { flags: '--hours <number>', description: 'a canary takes over after so many hours at the earliest', default: '1' },
    { flags: '--answers <number>', description: 'and after so many answers', default: '500' },
    { flags: '--outcomes-after <hours>', description: 'after so long an answer whose outcome was not reported counts as one for which it did not happen', default: '168' },
    { flags: '--manual', description: 'a canary never takes over by itself' },
    STAGE_OPTION,
  ],
  examples: ['millrace promote conversion 3', 'millrace promote conversion 4 --canary 10%', 'millrace promote conversion 4 --as challenger', 'millrace promote conversion 4 --stage prod', 'millrace promote conversion 4 --canary 5% --stage prod'],
  async run(invocation) {
    const [name = '', given] = invocation.arguments;
    const { as: alias, canary } = invocation.options;
    if (alias !== 'champion' && alias !== 'challenger') throw new MillraceError('usage', `there is no alias '${String(alias)}'`, { todo: 'Give champion or challenger.' });
    await withRegistry(invocation, async (runtime) => {
      await predictorNamed(runtime, name);
      const registry = registryOf(runtime);
      const version = given ?? (typeof canary === 'string' ? await newestOf(registry, name) : undefined);
      if (version === undefined) throw new MillraceError('usage', 'no version is named', { todo: `millrace promote ${name} 3; \`millrace models\` lists them.` });
      const { gate } = await registry.card(name, version);
      if (gate?.passes === false && (alias === 'champion' || typeof canary === 'string') && invocation.options['force'] !== true) {
        throw new MillraceError('conflict', `version ${version} of ${name} does not pass the gate: ${gate.reasons.join('; ')}`, { todo: 'Train it again, or promote it with --force.' });
      }
      if (typeof canary === 'string') await startCanary(invocation, runtime, registry, name, version, shareOf(canary));
      else {
        const before = await registry.setAlias(name, alias as ModelAlias, version, runtime.clock.now());
        present(invocation, { predictor: name, alias, version, before: before ?? null }, () => invocation.terminal.out(`version ${version} of ${name} is ${alias}${before === undefined || before === version ? '' : `, in place of ${before}`}\n`));
      }
      await tellMlflow(invocation, runtime, name);
    });
  },
};

/** `millrace rollback conversion`: the champion before this one; where a canary runs, the canary goes. */
export async function rollbackModel(invocation: Invocation, name: string): Promise<void> {
  await withRegistry(invocation, async (runtime) => {
    await predictorNamed(runtime, name);
    const registry = registryOf(runtime);
    const { canary } = await registry.state(name);
    const { from, to } = await registry.rollback(name, runtime.clock.now());
    present(invocation, { predictor: name, from, to }, () => invocation.terminal.out(canary === undefined ? `version ${to} of ${name} answers again, in place of ${from}\n` : `version ${from} of ${name} is no canary any more; version ${to} answers everybody\n`));
    await tellMlflow(invocation, runtime, name);
  });
}

/** Tells MLflow of what changed, where one is configured; one that is away is told later. */
export async function tellMlflow(invocation: Invocation, runtime: Runtime, predictor: string, version?: string): Promise<void> {
  const { environment, terminal, json } = invocation;
  if ((environment['MLFLOW_TRACKING_URI'] ?? '') === '') return;
  // What a home keeps notes of is its own versions, not a stage's.
  const ofStage = typeof invocation.options['stage'] === 'string';
  if (!ofStage && version !== undefined) await noteForMlflow({ home: runtime.home, environment }, { predictor, version });
  if (!ofStage) await noteForMlflow({ home: runtime.home, environment }, { predictor });
  try {
    const registry = registryOf(runtime);
    const report = await (ofStage ? sendRegistryToMlflow({ registry, environment, predictors: [predictor] }) : sendToMlflow({ home: runtime.home, registry, environment }));
    printSent(json ? { ...terminal, out: terminal.err } : terminal, report);
  } catch (thrown) {
    if (!(thrown instanceof MillraceError)) throw thrown;
    terminal.err(`  ${paint(terminal, 'yellow', '!')} MLflow was not told: ${thrown.message}${thrown.todo === undefined ? '' : `. ${thrown.todo}`}\n`); // what was asked for is done
  }
}

async function startCanary(invocation: Invocation, { home, clock }: Runtime, registry: ModelRegistry, name: string, version: string, share: number): Promise<void> {
  const account = await stageOf(invocation);
  const running = (account === undefined ? await new ExperimentFolder(home).list() : await publishedIn(account, invocation)).find(({ state, subject }) => state === 'running' && subject === `predict:${name}`);
  if (running !== undefined) throw new MillraceError('conflict', `the experiment '${running.name}' decides who gets the challenger of ${name}`, { todo: `millrace experiment stop ${running.name}${account === undefined ? '' : ', then millrace experiment publish --stage'}` });
  const canary = {
    version, share, automatic: invocation.options['manual'] !== true, leastAnswers: numberOption(invocation, 'answers', 1, 1e9), leastSeconds: hours(invocation, 'hours'), outcomeSeconds: hours(invocation, 'outcomesAfter'),
    limits: DEFAULT_CANARY_LIMITS, startedAt: clock.now(),
  };
  await registry.startCanary(name, canary);
  present(invocation, { predictor: name, canary }, () => invocation.terminal.out(`version ${version} of ${name} answers ${Number((share * 100).toPrecision(3))} % of the traffic, beside the champion\n`
    + `it goes back where it does worse, and ${canary.automatic ? `takes over after ${canary.leastAnswers} answers and ${canary.leastSeconds / 3600} h` : `takes over when you say: millrace promote ${name} ${version}`}; millrace models shows how it does\n`));
}

/** The experiments that decide in an account. */
async function publishedIn({ name, settings: { region } }: NamedStage, { environment }: Invocation): Promise<{ name: string; state: string; subject: string }[]> {
  const { openApiTable, readExperiments } = await import('../../serving/aws/index.ts');
  const table = openApiTable({ stage: name, region, clock: systemClock, environment });
  try {
    return await readExperiments(table);
  } finally {
    await table.close();
  }
}

/** The newest after the champion that passed the gate. */
async function newestOf(registry: ModelRegistry, name: string): Promise<string> {
  const { champion } = await registry.aliases(name);
  const found = (await registry.versions(name)).findLast(({ version, gate }: ModelCard) => Number(version) > Number(champion ?? 0) && gate?.passes !== false);
  if (found === undefined) throw new MillraceError('not_found', `there is no version of ${name} after the champion that passed the gate`, { todo: `Train one, millrace train ${name} --keep-champion, or name one: millrace promote ${name} 3 --canary 10%.` });
  return found.version;
}

/** `10%`, `10` and `0.1` all mean a tenth; 1 means 1 %. */
function shareOf(text: string): number {
  const [, digits, sign] = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.replace(/\s+/g, '')) ?? [];
  const value = Number(digits);
  const share = sign === '%' || value >= 1 ? value / 100 : value;
  if (digits === undefined || !(share > 0 && share <= 1)) throw new MillraceError('usage', `'${text}' is no share of the traffic`, { where: '--canary', todo: 'Write 10%, above 0 and at most 100%.' });
  return share;
}

function hours(invocation: Invocation, name: string): number {
  const value = Number(invocation.options[name]);
  if (!(value >= 0 && value <= 10_000)) throw new MillraceError('usage', `'${String(invocation.options[name])}' is no number of hours`, { todo: 'Write 1, or 0.5.' });
  return value * 3600;
}
