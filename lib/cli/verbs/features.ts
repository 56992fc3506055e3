// millrace features list|get: what is declared, and what an entity's features are.
import { MillraceError } from '../../base/index.ts';
import { keptSince, readFeatures, readOnlineHome, type Aggregate, type KeptSince } from '../../features/index.ts';
import { featuresOf } from '../../local/index.ts';
import { sinceOf, textOf, timeAsked } from '../feature-views.ts';
import { withRuntime } from '../runtime.ts';
import { table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

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
      const at = timeAsked(invocation) ?? runtime.clock.now();
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

function computed(aggregate: Aggregate): string {
  if (aggregate.kind === 'ratio') return `${aggregate.of[0]} / ${aggregate.of[1]}`;
  const where = aggregate.where === undefined ? '' : ` where ${aggregate.where}`;
  return `${aggregate.kind}${aggregate.kind === 'count' ? '' : ` of ${aggregate.of}`}${where}`;
}
