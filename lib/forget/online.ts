// Which items of a key-value store are of the person: states of online features by their key, answers of the API by what they were asked about.
import { ownersOf, type CompiledView } from '../features/index.ts';
import type { PersonValues } from '../ingest/index.ts';
import type { Project } from '../warehouse/index.ts';
import { valuesIn } from './origins.ts';

/** `undecided`: the key holds several ids as one hash. */
export type Belongs = 'person' | 'other' | 'undecided';

/** The state of an entity whose columns hold one of the values. */
export function personsFeatures(views: ReadonlyMap<string, CompiledView>, project: Pick<Project, 'analyses'>, person: { source: string; values: PersonValues }): (key: string) => Belongs {
  const values = new Map([...views.values()].map((view) => [view.name, view.entity.map((column) => valuesIn(project, person, view.source.table, column))]));
  return (key) => {
    const owners = ownersOf(key, views);
    const wanted = owners === undefined ? [] : values.get(owners.view.name)!;
    if (owners === undefined || wanted.every((each) => each.length === 0)) return 'other';
    if ('hash' in owners) return wanted.length > 1 ? 'undecided' : wanted[0]!.some((value) => owners.hashOf(value) === owners.hash) ? 'person' : 'other';
    return wanted.some((each, at) => each.includes(owners.ids[at] ?? '')) ? 'person' : 'other';
  };
}

/** What is remembered of an event that the person is in, so that it counts once: its texts stand last, in the order of the contract's columns. */
export function personsEvents(views: ReadonlyMap<string, CompiledView>, project: Pick<Project, 'analyses'>, person: { source: string; values: PersonValues }): (key: string, value: string) => boolean {
  const sources = new Map([...views.values()].map(({ source }) => [source.name, source]));
  const wanted = new Map([...sources.values()].map((source) => [source.name, {
    texts: Object.keys(source.contract.columns).length,
    places: [...source.columns].map(([column, { at }]) => ({ at, values: valuesIn(project, person, source.table, column) })).filter(({ values }) => values.length > 0),
  }]));
  return (key, value) => {
    const { texts, places } = wanted.get(/^e\/([^/]+)\//.exec(key)?.[1] ?? '') ?? { texts: 0, places: [] };
    if (places.length === 0) return false;
    const row = (JSON.parse(value) as unknown[]).slice(-texts);
    return places.some(({ at, values }) => values.includes(String(row[at] ?? '')));
  };
}

/** Whether the state of an entity counts distinct values, and one of these is among them. */
export function countsDistinct(state: string, values: PersonValues): boolean {
  return [...values.values()].flat().some((value) => state.includes(JSON.stringify(`=${value}`)));
}

/** Whether a text of JSON, or texts of JSON in it, hold one of the values under the name of its column. */
export function namesInJson(text: string, values: PersonValues): boolean {
  const holds = (value: unknown): boolean => {
    if (typeof value === 'string') return /^\s*[[{]/.test(value) && namesInJson(value, values);
    if (Array.isArray(value)) return value.some(holds);
    if (value === null || typeof value !== 'object') return false;
    return Object.entries(value).some(([name, inner]) => ((typeof inner === 'string' || typeof inner === 'number') && values.get(name)?.includes(String(inner)) === true) || holds(inner));
  };
  try {
    return holds(JSON.parse(text));
  } catch {
    return false;
  }
}
