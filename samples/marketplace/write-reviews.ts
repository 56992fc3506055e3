// The file of reviews: scores that deliveries caused, and texts over several lines.
import type { Landing } from '../core/landing.ts';
import { Quota, spread } from '../core/quota.ts';
import { Random } from '../core/random.ts';
import { DAY, dayOfSecond } from '../core/time.ts';
import type { MarketIds } from './ids.ts';
import type { Marketplace } from './orders.ts';
import { DELIVERED } from './plan.ts';
import { ReviewTexts } from './review-texts.ts';

export interface ReviewsTruth {
  rows: number;
  ids: number;
  orders: number;
  /** Rows by score, 1 first. */
  scores: number[];
  /** Mean score of each order's reviews, summed over orders. */
  sumOfOrderMeans: number;
  /** Mean score of the order's reviews by order, NaN without one. */
  meanOfOrder: Float64Array;
}

const COMMA = 44;

export async function writeReviews(
  landing: Landing,
  market: Marketplace,
  ids: MarketIds,
  sequence: Uint32Array,
): Promise<ReviewsTruth> {
  const { orders, plan, seed } = market;
  const file = await landing.file(
    'order_reviews',
    'olist_order_reviews_dataset.csv',
    [
      'review_id',
      'order_id',
      'review_score',
      'review_comment_title',
      'review_comment_message',
      'review_creation_date',
      'review_answer_timestamp',
    ],
    { quotedHeader: true, lineEnd: '\r\n' },
  );
  const { bytes } = file;
  const random = new Random(seed, 'reviews');
  const texts = new ReviewTexts(new Random(seed, 'review-texts'));
  const lastDay = dayOfSecond(plan.end);
  const exact = plan.statuses !== null;
  const candidates = exact ? sequence : sequence.filter((o) => orders.free[o]! <= lastDay);
  const silent = new Quota(plan.withoutReview, candidates.length);
  const reviewed = candidates.length - Math.min(plan.withoutReview, candidates.length);
  const seconds = spread(random, plan.secondReviews, reviewed, 0.03, 2);
  const shared = new Quota(plan.sharedReviewIds, Math.max(0, reviewed - 1));
  const truth: ReviewsTruth = {
    rows: 0,
    ids: 0,
    orders: 0,
    scores: [0, 0, 0, 0, 0],
    sumOfOrderMeans: 0,
    meanOfOrder: new Float64Array(orders.count).fill(NaN),
  };

  const row = (o: number, score: number) => {
    const due = orders.status[o] === DELIVERED ? Math.min(orders.free[o]!, lastDay) : Math.min(orders.estimated[o]! + 1, lastDay);
    const created = Math.max(due, Math.min(lastDay, dayOfSecond(orders.purchased[o]!)));
    const answered = Math.min(plan.end, created * DAY + Math.round(random.logNormal(1.6 * DAY, 0.8)));
    ids.review.write(bytes, truth.ids - 1);
    bytes.comma();
    ids.order.write(bytes, o);
    bytes.comma();
    bytes.integer(score);
    bytes.byte(COMMA);
    if (random.chance(0.117)) bytes.raw(texts.title(score, random));
    bytes.comma();
    if (random.chance(score < 4 ? 0.68 : 0.34)) bytes.raw(texts.message(score, random));
    bytes.comma();
    file.localTime('review_creation_date', created * DAY);
    bytes.comma();
    file.localTime('review_answer_timestamp', answered);
    file.endRow();
    truth.rows++;
    truth.scores[score - 1]!++;
  };

  for (const o of candidates) {
    if (silent.take(random)) continue;
    const more = seconds[truth.orders]!;
    const isShared = truth.orders > 0 && shared.take(random);
    truth.orders++;
    if (!isShared) truth.ids++;
    let sum = orders.score[o]!;
    row(o, orders.score[o]!);
    for (let i = 0; i < more; i++) {
      const score = Math.max(1, Math.min(5, orders.score[o]! + random.between(-1, 1)));
      truth.ids++;
      row(o, score);
      sum += score;
    }
    truth.meanOfOrder[o] = sum / (1 + more);
    truth.sumOfOrderMeans += sum / (1 + more);
    if (file.full) await file.drain();
  }
  await file.close();
  return truth;
}
