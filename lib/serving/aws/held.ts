// What the scoring function answers from beside features: models, experiments, prices, rate cards, recommendations. Looked at again now and then,
// beside the requests: each meets what was there before or what is there now, and none waits for it.
import { messageOf, type Clock } from '../../base/index.ts';
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';
import type { Prices, Recommender, ServingContext, Shipping } from '../context.ts';
import { answeringEngine, type Answers, type Asked } from './answers.ts';

/** Makes a part of the API from what was asked beforehand; undefined where the tables have nothing yet. */
export type Load<Part> = (engine: Asked, version: string, tables: readonly string[]) => Promise<Part | undefined>;

/** A part and what beside the answers it is made from: it is made again when that changes. */
export interface HeldPart<Part> { load: Load<Part>; madeFrom(): string }

export interface HeldOptions {
  /** Of S3. */
  requests: AwsRequests;
  /** Where the answers lie: `serving/prices.json` and so on. */
  bucket: string;
  models: { refresh(): Promise<void> };
  experiments: () => Promise<ServingContext['experiments']>;
  parts: { prices: HeldPart<Prices>; shipping: HeldPart<Shipping>; recommender: HeldPart<Recommender> };
  clock: Clock;
  /** Default 30,000. */
  everyMilliseconds?: number;
}

export const SERVING_FOLDER = 'serving';

export class Held {
  experiments: ServingContext['experiments'] = [];
  prices: Prices | undefined;
  shipping: Shipping | undefined;
  recommender: Recommender | undefined;
  /** What could not be looked at the last time. */
  failures: readonly string[] = [];
  readonly #options: HeldOptions;
  readonly #tags = new Map<string, { from: string; tag: string }>();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;

  constructor(options: HeldOptions) {
    this.#options = options;
  }

  /** Looks again where it is time to; gives what is under way, for who has nothing else to do. */
  refreshed(): Promise<void> {
    const { clock, everyMilliseconds = 30_000 } = this.#options;
    if (this.#looking !== undefined) return this.#looking;
    if (clock.now() - this.#lookedAt < everyMilliseconds) return Promise.resolve();
    this.#lookedAt = clock.now();
    this.#looking = this.#look().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Each part by itself: one that fails leaves what is known of the others, and its own. */
  async #look(): Promise<void> {
    const { models, experiments, parts } = this.#options;
    // Some parts ask models.
    const [loaded] = await Promise.allSettled([models.refresh()]);
    const looked = await Promise.allSettled([
      loaded.status === 'rejected' ? Promise.reject(loaded.reason as Error) : Promise.resolve(),
      experiments().then((found) => (this.experiments = found)),
      this.#part('prices', parts.prices, (found) => (this.prices = found)),
      this.#part('shipping', parts.shipping, (found) => (this.shipping = found)),
      this.#part('recommender', parts.recommender, (found) => (this.recommender = found)),
    ]);
    this.failures = looked.flatMap((part) => (part.status === 'rejected' ? [messageOf(part.reason)] : []));
  }

  async #part<Part>(name: string, { load, madeFrom }: HeldPart<Part>, keep: (part: Part) => void): Promise<void> {
    const { requests, bucket } = this.#options;
    const key = `${SERVING_FOLDER}/${name}.json`;
    const from = madeFrom();
    const kept = this.#tags.get(name);
    const known = kept?.from === from ? kept.tag : undefined;
    const answer = await requests({ method: 'GET', path: [bucket, key], ...(known === undefined ? {} : { headers: { 'if-none-match': known } }) });
    // Not there yet, or nothing new.
    if (answer.status === 404 || answer.status === 304) return;
    if (answer.status !== 200) throw refused(`reading s3://${bucket}/${key}`, answer);
    const answers = JSON.parse(textOf(answer)) as Answers;
    const part = await load(answeringEngine(answers, `s3://${bucket}/${key}`), answers.version, answers.tables);
    if (part !== undefined) keep(part);
    this.#tags.set(name, { from, tag: answer.headers.get('etag') ?? '' });
  }
}
