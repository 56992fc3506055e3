// What visitors of the big clickstream look at: by popularity, out of the categories that they like, and again what brought them here first. Functions of their index.
import { CLICKSTREAM_CAUSES } from '../causes.ts';
import { keyOf, realAt, type Random } from '../core/random.ts';
import { CATEGORY_ROWS } from './items.ts';

const { browsing } = CLICKSTREAM_CAUSES;

export class Likings {
  readonly #items: number;
  readonly #key: number;

  constructor(seed: number, items: number) {
    this.#items = items;
    this.#key = keyOf(seed, 'clickstream.likings');
  }

  /** The categories that a visitor likes, the most liked first. */
  categories(visitor: number): readonly [number, number] {
    return [this.#category(visitor, 0), this.#category(visitor, 1)];
  }

  /** What brought a visitor here. */
  first(visitor: number): number {
    const draw = (nth: number): number => realAt(this.#key, visitor * 8 + nth);
    return draw(2) < browsing.liked ? this.#inCategory(this.#category(visitor, 0), draw(3)) : this.#any(draw(3));
  }

  /** What a visitor looks at next. */
  next(random: Random, visitor: number): number {
    const draw = random.real();
    if (draw >= browsing.liked) return this.#any(random.real());
    return this.#inCategory(this.#category(visitor, draw < browsing.liked * browsing.favourite ? 0 : 1), random.real());
  }

  #category(visitor: number, nth: number): number {
    return Math.floor(CATEGORY_ROWS * realAt(this.#key, visitor * 8 + nth));
  }

  /** By popularity: the lower an item's index, the more popular it is, among all and in its category. */
  #any(draw: number): number {
    return Math.floor(this.#items * draw * draw * draw);
  }

  /** Every category holds every nth item. */
  #inCategory(category: number, draw: number): number {
    const some = Math.ceil((this.#items - category) / CATEGORY_ROWS);
    return some <= 0 ? this.#any(draw) : category + CATEGORY_ROWS * Math.floor(some * draw * draw * draw);
  }
}
