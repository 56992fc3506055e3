// A shipping quote again: the rate cards, zones, promises and estimates of then.
import type { ShippingConfig } from '../../base/index.ts';
import { quoteShipping, shippingSettings, type Carrier, type OfferSource } from '../../shipping/index.ts';
import { DELIVERY, FREIGHT, loadShipping, loadVersion, quoteAnswer, RATE_CARDS, type PredictionRecord, type QuoteAnswer, type QuoteInputs } from '../../serving/index.ts';
import { SHIPPING, type AnswerState } from '../states.ts';
import { pinnedTo } from '../../warehouse/index.ts';
import { bestOf, differencesOf, type Again } from './comparison.ts';
import { cannot, readable, statesOf } from './standing.ts';
import { championsAt } from './champions.ts';
import type { AnswersContext } from '../context.ts';

/** In an account each scoring function finds for itself which versions answer: a state does not name them there. */
interface Facts { shipping: ShippingConfig | null; freight?: string | null; delivery?: string | null }

/** How things may have stood at the answer. */
interface Standing { snapshots: AnswerState['snapshots']; shipping: ShippingConfig | null; freight: string | null; delivery: string | null }

/** @throws `not_found` that says what is not kept any more. */
export async function quoteAgain(context: AnswersContext, record: PredictionRecord): Promise<Again> {
  const inputs = JSON.parse(record.features) as Partial<QuoteInputs>;
  if (inputs.parcels === undefined) throw cannot(record.prediction_id, 'its parcels were not logged', 'Quotes of this version of Millrace can be computed again.');
  const states = await readable(context, await statesOf(context, SHIPPING, record, ({ snapshots }) => snapshots[RATE_CARDS] === record.version), record);
  return bestOf(await standingsOf(context, record, states), (standing) => computed(context, record, inputs as QuoteInputs, standing));
}

async function standingsOf({ registry }: AnswersContext, { predicted_at: at }: PredictionRecord, states: readonly AnswerState[]): Promise<Standing[]> {
  const found: Standing[] = [];
  for (const { snapshots, facts } of states) {
    const { shipping, freight, delivery } = facts as unknown as Facts;
    const [freights, deliveries] = [freight === undefined ? await championsAt(registry, FREIGHT, at) : [freight], delivery === undefined ? await championsAt(registry, DELIVERY, at) : [delivery]];
    found.push(...freights.flatMap((one) => deliveries.map((other) => ({ snapshots, shipping, freight: one, delivery: other }))));
  }
  return found;
}

async function computed(context: AnswersContext, record: PredictionRecord, inputs: QuoteInputs, { snapshots, shipping, freight, delivery }: Standing): Promise<Again> {
  const logged = JSON.parse(record.response) as QuoteAnswer;
  const settings = shippingSettings(shipping ?? undefined);
  const versionFor = async (predictor: string, version: string | null) => (version === null ? undefined : (await loadVersion(context.registry, predictor, 'champion', version, () => undefined))?.model);
  const [freightModel, deliveryModel] = [await versionFor(FREIGHT, freight), await versionFor(DELIVERY, delivery)];
  const loaded = await loadShipping(pinnedTo(await context.engine(), snapshots), {
    currency: logged.currency, version: record.version, settings: { ...settings, carriers: [] }, models: { ...(freightModel === undefined ? {} : { freight: freightModel }), ...(deliveryModel === undefined ? {} : { delivery: deliveryModel }) },
  });
  if (loaded === undefined) throw cannot(record.prediction_id, 'there are no rate cards in the tables of then', 'See silver.shipping_rates.');
  const asked = settings.carriers.map(({ name }) => answered(name, logged));
  const names = new Set(settings.carriers.map(({ name }) => name));
  const threshold = await thresholdOf(context, record);
  const quote = await quoteShipping({
    originPostcode: inputs.origin_prefix, destinationPostcode: inputs.destination_prefix, orderValue: inputs.order_value, handedOverOn: inputs.handed_over_on,
    parcels: inputs.parcels.map(({ weight_kg: weightKg, length_cm: lengthCm, width_cm: widthCm, height_cm: heightCm }) => ({
      weightKg, ...(lengthCm === undefined ? {} : { lengthCm }), ...(widthCm === undefined ? {} : { widthCm }), ...(heightCm === undefined ? {} : { heightCm }),
    })),
  }, { ...loaded.settings, carriers: [...asked, ...loaded.settings.carriers.filter(({ name }) => !names.has(name))], ...(threshold === undefined ? {} : { freeShipping: { threshold } }) });
  const again = quoteAnswer(quote);
  const { prediction_id: _id, version: _version, experiment: _experiment, variant: _variant, currency: _currency, ...answer } = logged;
  const differences = differencesOf(answer, again);
  const first = again.options[0]?.price ?? null;
  return {
    logged: record.score, fromLog: null, fromLake: first, snapshots, differences, equal: differences.length === 0,
    notes: names.size === 0 ? [] : [`what ${[...names].join(', ')} answered over HTTP is taken from the log`],
  };
}

/** A carrier that was asked over HTTP, with what it answered then. */
function answered(name: string, { options, failed }: QuoteAnswer): Carrier {
  return {
    name,
    async offers() {
      const failure = failed.find(({ carrier }) => carrier === name);
      if (failure !== undefined) throw new Error(failure.reason);
      return options.filter((option) => option.carrier === name && option.source === ('carrier' satisfies OfferSource)).map(({ carrier, service, price, transit_days: transitDays, source }) => ({ carrier, service, price, transitDays, source }));
    },
  };
}

/** From which order value shipping was free in the variant; undefined outside an experiment. */
async function thresholdOf(context: AnswersContext, { prediction_id: id, experiment, variant }: PredictionRecord): Promise<number | undefined> {
  if (experiment === null) return undefined;
  const declared = (await context.experiments()).find(({ name }) => name === experiment);
  if (declared === undefined) throw cannot(id, `it is not known any more what the experiment ${experiment} set: its declaration is gone`, `Put experiments/${experiment}.json back into the home.`);
  const threshold = declared.variants.find(({ name }) => name === variant)?.settings['threshold'];
  return typeof threshold === 'number' ? threshold : undefined;
}
