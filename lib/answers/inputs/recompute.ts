// Served inputs computed again from the lake: as of each answer, and where they differ as of a little earlier.
import type { CompiledView, FeatureSet } from '../../features/index.ts';
import { viewOf } from '../../learning/index.ts';
import { isSameInput, type ServedInput } from '../../quality/index.ts';
import type { Engine } from '../../warehouse/index.ts';
import { arrivedBy, asOfAnswer, lakeAt, momentsBefore, MOST_ARRIVALS, type Values } from './lake-values.ts';
import type { ServedAnswer } from './served.ts';

/** Answers looked at one by one for events that reached the lake after them; where there are more, the others are not compared. */
const MOST_ONE_BY_ONE = 100;

/** Every input of the answers that a view gives, beside what the lake says. */
export async function recomputed(engine: Engine, features: FeatureSet, answers: readonly ServedAnswer[]): Promise<ServedInput[]> {
  const names = [...new Set(answers.flatMap((answer) => Object.keys(answer.features)))];
  const inputs: ServedInput[] = [];
  for (const viewName of new Set(names.flatMap((name) => viewOf(features, name) ?? []))) {
    const view = features.views.get(viewName)!;
    const own = names.filter((name) => viewOf(features, name) === viewName);
    // Who gives every entity of the view; others were given the features by the request.
    const asked = answers.filter(({ entity }) => view.entity.every((column) => typeof entity[column] === 'string'));
    const now = await lakeAt(engine, view, own, asked.map(asOfAnswer));
    const differs = (answer: ServedAnswer, values: Values | undefined, name: string): boolean => isStored(answer, name) && !isSameInput(answer.features[name]!, values?.[name] ?? null);
    const differing = asked.filter((answer) => own.some((name) => differs(answer, now.get(answer.predictionId)?.[0], name)));
    const earlier = await lakeAt(engine, view, own, await momentsBefore(engine, view, differing));
    const unexplained = (): ServedAnswer[] => differing.filter((answer) => own.some((name) => differs(answer, now.get(answer.predictionId)?.[0], name)
      && !(earlier.get(answer.predictionId) ?? []).some((values) => isSameInput(answer.features[name]!, values[name] ?? null))));
    const open = unexplained();
    for (const answer of open.slice(0, MOST_ONE_BY_ONE)) {
      const values = await knownBy(engine, view, own, answer);
      earlier.set(answer.predictionId, [...earlier.get(answer.predictionId) ?? [], ...values]);
    }
    const unseen = new Set(open.slice(MOST_ONE_BY_ONE));
    for (const answer of asked) {
      if (unseen.has(answer)) continue;
      for (const name of own) {
        if (!isStored(answer, name)) continue;
        inputs.push({
          predictionId: answer.predictionId, feature: name, view: viewName, served: answer.features[name]!, lake: now.get(answer.predictionId)?.[0]?.[name] ?? null,
          earlier: (earlier.get(answer.predictionId) ?? []).map((values) => values[name] ?? null),
        });
      }
    }
  }
  return inputs;
}

/** Whether it came from the store. */
const isStored = ({ features, given }: ServedAnswer, name: string): boolean => name in features && !given.has(name);

/** Of the events that had reached the lake by the answer, and with those that reached it right after, one by one, each as of the answer and of moments before it; nothing where the source's table does not tell. */
async function knownBy(engine: Engine, view: CompiledView, names: readonly string[], answer: ServedAnswer): Promise<Values[]> {
  const found: Values[] = [];
  const moments = [asOfAnswer(answer), ...(await momentsBefore(engine, view, [answer])).slice(0, MOST_ARRIVALS)];
  for (const relation of await arrivedBy(engine, view, answer).catch(() => [])) found.push(...(await lakeAt(engine, view, names, moments, relation)).get(answer.predictionId) ?? []);
  return found;
}
