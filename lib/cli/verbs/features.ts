// millrace features: what is declared, what an entity's features are, how the online store is filled, and the proof that it equals the SQL.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MillraceError, systemClock } from '../../base/index.ts';
import {
  featureSince, fillOnlineHome, keptSince, loadFeatures, openLmdbStore, pinsOf, readFeatures, readOnlineHome, replayDay,
  type Aggregate, type CompiledView, type FeatureSet, type FeatureValue, type KeptSince,
} from '../../features/index.ts';
import { loadProject, type Runtime } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, progressLine, seconds, table } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

async function featuresOf(runtime: Runtime): Promise<FeatureSet> {
  return loadFeatures(path.join(runtime.projectFolder, 'features'), (await runtime.project()).sources);
}

export const featuresList: Verb = {
  examples: ['millrace features list', 'millrace features list --json'],
  async run(invocation) {
    await withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const online = await readOnlineHome({ folder: runtime.home.online, clock: runtime.clock }).catch((error: unknown) => {
        if (error instanceof MillraceError && error.code === 'not_found') return undefined;
        throw error;
      });
      try {
        const rows = await Promise.all([...features.views.values()].map(async (view) => {
          const since: KeptSince = online === undefined ? {} : await keptSince(online.store, view);
          return view.features.map(({ name, type, aggregate, description }) => ({
            view: view.name, feature: name, entity: view.entity, from: view.source.name, type, computed: computed(aggregate), within: 'within' in aggregate ? aggregate.within : undefined,
            since: sinceOf(view, name, since), description,
          }));
        }));
        present(invocation, rows.flat(), () => {
          const { terminal } = invocation;
          if (rows.length === 0) return terminal.out('no features are declared; put a file into features/\n');
          terminal.out(table(terminal, ['feature', 'type', 'computed', 'within', 'online'], rows.flat().map((row) => [
            `${row.view}.${row.feature}`, row.type, row.computed, row.within ?? '', row.since ?? 'not yet',
          ])));
        });
      } finally {
        await online?.close();
      }
    });
  },
};

export const featuresGet: Verb = {
  description: 'Reads the features of one entity from the online store, merged as of now; the stream may go on being folded. A view whose entity is several columns takes several ids, in their order.',
  options: [{ flags: '--at <time>', description: 'as of this time (ISO 8601, UTC) instead of now; not before the last event that was folded' }],
  examples: ['millrace features get visitor 1150086', 'millrace features get interest 1150086 461686 --json'],
  async run(invocation) {
    const [name = '', ...ids] = invocation.arguments.flat();
    await withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const view = features.views.get(name);
      if (view === undefined) throw new MillraceError('not_found', `there is no feature view ${name}`, { todo: `Views are: ${[...features.views.keys()].join(', ') || 'none'}.` });
      const at = timeOf(invocation.options['at'], runtime.clock.now());
      const online = await readOnlineHome({ folder: runtime.home.online, clock: runtime.clock });
      try {
        const [values = {}] = await readFeatures(online.store, view, [ids], at);
        const since = await keptSince(online.store, view);
        present(invocation, { view: name, entity: Object.fromEntries(view.entity.map((column, index) => [column, ids[index]])), at: new Date(at).toISOString(), features: values }, () => {
          const { terminal } = invocation;
          terminal.out(table(terminal, ['feature', 'value', 'online'], view.features.map((feature) => [feature.name, textOf(values[feature.name] ?? null), sinceOf(view, feature.name, since) ?? 'not yet'])));
          terminal.err(`${name} ${ids.join(' ')} as of ${new Date(at).toISOString()}\n`);
        });
      } finally {
        await online.close();
      }
    });
  },
};

export const featuresBackfill: Verb = {
  description: 'Builds a new online store from the events of the lake and makes it the current one when it is whole. The consumer of the stream goes on where the tables are, so no event is missing and none counts twice. Needed after a feature was added, after files with older events were ingested, and after events were replayed from the quarantine. While `millrace start` runs, it owns the store: stop it first.',
  options: [
    { flags: '--at <time>', description: 'windows must be whole at this time (ISO 8601, UTC) and later; older events are not read. Default: read everything, so that windows are whole at the time of the last event' },
    { flags: '--stage <name>', description: 'the table of a deployed stage, with the credentials of this shell: its consumers are stopped, the events are read by Athena, the streams are read again, the table is brought to the result, and the consumers go on' },
    { flags: '--overlap-hours <number>', description: 'with --stage: how far back the streams are read again, longer than delivery takes and tries', default: '3' },
  ],
  examples: ['millrace features backfill', 'millrace features backfill --at 2018-09-01T00:00:00Z', 'millrace features backfill --stage prod'],
  async run(invocation) {
    if (invocation.options['stage'] !== undefined) return backfillStage(invocation, String(invocation.options['stage']));
    await withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const at = invocation.options['at'] === undefined ? undefined : timeOf(invocation.options['at'], 0);
      const began = performance.now();
      const progress = progressLine(invocation.terminal);
      const report = await fillOnlineHome({
        folder: runtime.home.online, features, lake: runtime.lake, engine: await runtime.engine(), clock: runtime.clock, signal: invocation.signal, ...(at === undefined ? {} : { from: at }),
        onProgress: ({ source, events, of }) => progress.show(`${source}: ${number(events)} of ${number(of)} events`),
      }).finally(() => progress.clear());
      const resume = Object.fromEntries([...report.resume].map(([stream, shards]) => [stream, Object.fromEntries(shards)]));
      present(invocation, { sources: report.sources, resume }, () => {
        const { terminal } = invocation;
        for (const { source, events, counts } of report.sources) {
          terminal.out(`  ${source.padEnd(14)} ${number(events)} events, ${number(counts.folded)} count, ${number(counts.duplicates)} say the same as another\n`);
        }
        if (report.sources.length === 0) terminal.out('  the lake has no events yet\n');
        terminal.out(`  filled in ${seconds(performance.now() - began)}; the stream goes on where the tables are\n`);
      });
    });
  },
};

async function backfillStage(invocation: Invocation, stage: string): Promise<void> {
  const { config, sources } = await loadProject(invocation.project);
  const settings = config.stages[stage];
  if (settings === undefined) throw new MillraceError('usage', `there is no stage '${stage}'`, { where: 'millrace.config.ts', todo: `There are ${Object.keys(config.stages).join(', ')}.` });
  const hours = Number(invocation.options['overlapHours']);
  if (!(hours > 0 && hours <= 8760)) throw new MillraceError('usage', `--overlap-hours wants a number above 0, not '${String(invocation.options['overlapHours'])}'`);
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { openAccount, refillFeatures } = await import('../../features/aws/index.ts');
  const features = await loadFeatures(path.join(invocation.project, 'features'), sources);
  const account = await openAccount({ app: config.app, stage, region: settings.region, contracts: sources, features, clock: systemClock, signal: invocation.signal, environment: invocation.environment });
  const progress = progressLine(invocation.terminal);
  const began = performance.now();
  const at = invocation.options['at'] === undefined ? undefined : timeOf(invocation.options['at'], 0);
  try {
    const report = await refillFeatures({
      ...account, features, clock: systemClock, folder: await mkdtemp(path.join(tmpdir(), 'millrace-refill-')), overlapMilliseconds: hours * 3_600_000, signal: invocation.signal, ...(at === undefined ? {} : { from: at }),
      onProgress: ({ source, events, of }) => progress.show(`${source}: ${number(events)} of ${number(of)} events`),
    });
    progress.clear();
    present(invocation, report, () => {
      const { terminal } = invocation;
      for (const { source, events, counts } of report.sources) terminal.out(`  ${source.padEnd(14)} ${number(events)} events of the lake, ${number(counts.folded)} count\n`);
      for (const [stream, records] of Object.entries(report.caughtUp)) terminal.out(`  ${stream.padEnd(14)} ${number(records)} records read again\n`);
      terminal.out(`  ${number(report.items)} items put, ${number(report.removed)} removed in ${seconds(performance.now() - began)}; the stream goes on\n`);
    });
  } finally {
    progress.clear();
    account.close();
  }
}

export const featuresCheck: Verb = {
  description: 'Folds every event that the windows of a day reach, in the order in which they came, into a store for this alone, and compares all features of all entities with the SQL over silver at three times of the day. Both are of one moment: rows of bronze that came since silver was made are left out, and counted. So it may run beside `millrace start`. Exit code 6 where a value differs.',
  options: [{ flags: '--day <date>', description: 'the day (UTC); default: the last with events' }],
  examples: ['millrace features check', 'millrace features check --day 2018-08-15 --json'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const features = await featuresOf(runtime);
      const engine = await runtime.engine();
      const { snapshots, newer } = await pinsOf({ project: await runtime.project(), lake: runtime.lake, features });
      const day = invocation.options['day'] === undefined ? await lastDay(features, runtime, snapshots) : String(invocation.options['day']);
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(`${day}T00:00:00Z`))) throw new MillraceError('usage', `--day wants a date, not '${day}'`, { todo: 'Write for example --day 2018-08-15.' });
      const folder = await mkdtemp(path.join(runtime.home.temporary, 'features-'));
      const progress = progressLine(invocation.terminal);
      const store = await openLmdbStore({ folder, clock: runtime.clock });
      try {
        const report = await replayDay({ features, engine, store, clock: runtime.clock, day, snapshots, signal: invocation.signal, onProgress: ({ view, at }) => progress.show(`${view} at ${at.slice(0, 19)}`) });
        progress.clear();
        present(invocation, { ...report, newer }, () => {
          const { terminal } = invocation;
          terminal.out(table(terminal, ['view', 'entities', 'values compared', 'differences'], report.views.map((view) => [view.view, number(view.entities), number(view.values), view.differences === 0 ? 'none' : number(view.differences)])));
          for (const one of report.differences.slice(0, 20)) {
            terminal.out(`  ${one.view} ${one.entity.join(' ')} ${one.feature} at ${one.at.slice(0, 19)}: online ${textOf(one.online)}, SQL ${textOf(one.sql)}\n`);
          }
          terminal.out(`\n  ${report.day}: ${number(report.events)} events replayed, ${number(report.duplicates)} of them duplicates\n`);
          for (const [bronze, rows] of Object.entries(newer)) terminal.out(`  left out: ${number(rows)} rows that came to ${bronze} since silver was made; the next batch has them\n`);
        });
        return report.differences.length === 0 ? 0 : new MillraceError('audit_failed', 'features differ').exitCode;
      } finally {
        progress.clear();
        await store.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
};

/** The last day on which any source has an event. */
async function lastDay(features: FeatureSet, runtime: Runtime, snapshots: Readonly<Record<string, bigint>>): Promise<string> {
  const engine = await runtime.engine();
  const days: string[] = [];
  for (const { table: from, where } of features.sources.values()) {
    const view = [...features.views.values()].find(({ source }) => source.table === from);
    if (view === undefined) continue;
    const { rows } = await engine.query(`SELECT CAST(max("${view.time}") AS date) AS "day" FROM ${from}${where === undefined ? '' : ` WHERE ${where}`}`, { snapshots });
    if (rows[0]?.[0] != null) days.push(String(rows[0][0]));
  }
  const last = days.sort().at(-1);
  if (last === undefined) throw new MillraceError('not_found', 'there are no events to replay', { todo: 'Ingest some, then `millrace run batch`.' });
  return last;
}

function sinceOf(view: CompiledView, feature: string, since: KeptSince): string | undefined {
  const at = featureSince(view, feature, since);
  return at === undefined ? undefined : at === 0 ? 'complete' : `since ${new Date(at).toISOString().slice(0, 19)}Z`;
}

function computed(aggregate: Aggregate): string {
  if (aggregate.kind === 'ratio') return `${aggregate.of[0]} / ${aggregate.of[1]}`;
  const where = aggregate.where === undefined ? '' : ` where ${aggregate.where}`;
  return `${aggregate.kind}${aggregate.kind === 'count' ? '' : ` of ${aggregate.of}`}${where}`;
}

function timeOf(text: unknown, otherwise: number): number {
  if (text === undefined) return otherwise;
  const time = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(String(text)) ? `${String(text)}T00:00:00Z` : String(text));
  if (Number.isNaN(time)) throw new MillraceError('usage', `--at wants a time, not '${String(text)}'`, { todo: 'Write for example --at 2018-09-01T12:00:00Z.' });
  return time;
}

const textOf = (value: FeatureValue): string => (value === null ? 'NULL' : String(value));
