// millrace explain, reproduce: why an answer was given, and whether it can be computed again.
import { explainInHome, reproduceInHome } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { paint, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

const ID = { name: '<prediction-id>', description: 'the prediction_id of an answer' };

export const explain: Verb = {
  name: 'explain',
  summary: 'why an answer was given: version, variant, every input with its source and what it contributed, and the outcome',
  arguments: [ID],
  examples: ['millrace explain 01a1fe58-caf0-7d77-b06c-d1204dad934b'],
  async run(invocation) {
    const { terminal } = invocation;
    await withRuntime(invocation, async (runtime) => {
      const explanation = await explainInHome(runtime, invocation.arguments[0] ?? '');
      const { prediction, reason, card, features, bias, outcomes } = explanation;
      present(invocation, explanation, () => {
        terminal.out(`${paint(terminal, 'bold', prediction.kind)} version ${prediction.version} answered ${prediction.score ?? 'nothing'}${prediction.fallback ? ' as a fall-back' : ''} at ${new Date(prediction.predicted_at).toISOString()}, in ${prediction.latency_ms.toFixed(1)} ms\n`
          + `about ${prediction.entity}${prediction.experiment === null ? '' : `, in variant ${prediction.variant} of ${prediction.experiment}`}, asked by the key '${prediction.key_id}'\n`
          + `${reason === undefined ? '' : `because: ${reason}\n`}${card === undefined ? '' : `trained as of ${card.asOf} on ${card.rows.train} rows\n`}\n`);
        if (features.length > 0) {
          const sorted = features.toSorted((left, right) => Math.abs(right.contribution ?? 0) - Math.abs(left.contribution ?? 0));
          terminal.out(table(terminal, ['input', 'value', 'from', 'contributes'], sorted.map(({ name, value, source, contribution }) => [name, value === null ? 'missing' : typeof value === 'number' ? String(Number(value.toPrecision(6))) : value, source, signed(contribution)])));
          if (bias !== undefined) terminal.out(`${signed(bias)} is where every row starts; contributions are in the margin of the model (log-odds for a probability)\n`);
        }
        terminal.out(outcomes.length === 0 ? '\nno outcome was reported yet\n' : `\n${table(terminal, ['outcome', 'value', 'at'], outcomes.map(({ outcome, value, at }) => [outcome, value === null ? '' : String(value), at]))}`);
      });
    });
  },
};

export const reproduce: Verb = {
  name: 'reproduce',
  summary: 'compute an answer again, from the lake as of then and the stored model',
  description: 'Equal, or it says which input differs: what the online store said and what the lake says of the same moment. Exit code 5 where it differs.',
  arguments: [ID],
  examples: ['millrace reproduce 01a1fe58-caf0-7d77-b06c-d1204dad934b'],
  async run(invocation) {
    const { terminal } = invocation;
    return withRuntime(invocation, async (runtime) => {
      const result = await reproduceInHome(runtime, invocation.arguments[0] ?? '');
      present(invocation, result, () => {
        terminal.out(`logged ${result.logged}, by version ${result.version} from the logged inputs ${result.fromLog}, from the lake ${result.fromLake}\n`);
        terminal.out(result.equal ? `${paint(terminal, 'green', '✔')} equal\n` : `\n${table(terminal, ['input', 'logged', 'from the lake'], result.differences.map(({ feature, logged, lake }) => [feature, String(logged ?? 'missing'), String(lake ?? 'missing')]))}`);
      });
      return result.equal ? 0 : 5;
    });
  },
};

function signed(value: number | undefined): string {
  return value === undefined ? '' : `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;
}
