// A price list in the online store: all of it under its own id, and then one item that says which list holds.
import { MillraceError } from '../base/index.ts';
import type { Change, OnlineStore } from '../features/index.ts';

/** Which list holds, and what all its prices have in common. */
export interface ListHeader {
  listId: string;
  policy: string;
  /** Of the features, and of the model where there is one. */
  version: string;
  currency: string;
  rows: number;
  /** Milliseconds since 1970; up to `validTo`, exclusive. */
  validFrom: number;
  validTo: number;
}

export interface HandedPrice { price: number; previousPrice: number; reason: string; limits: readonly string[] }

const CURRENT = 'price-list/current';
const keyOf = (listId: string, productId: string): string => `price-list/${listId}/${encodeURIComponent(productId)}`;
/** What nobody reads any more goes a day after it has ended. */
const KEPT_SECONDS = 86_400;

/** Readers see the list before until the last write, and this one after it. A crash in between leaves the list before; doing it again is harmless. */
export async function handOver(store: OnlineStore, header: ListHeader, prices: Iterable<readonly [productId: string, price: HandedPrice]>): Promise<void> {
  const expiresAt = Math.ceil(header.validTo / 1000) + KEPT_SECONDS;
  const texts = Array.from(prices, ([productId, price]): [string, string] => [keyOf(header.listId, productId), JSON.stringify(price)]);
  const most = Math.min(store.mostChanges, 1_000);
  for (let from = 0; from < texts.length; from += most) await replace(store, texts.slice(from, from + most), expiresAt);
  await replace(store, [[CURRENT, JSON.stringify(header)]], undefined);
}

async function replace(store: OnlineStore, texts: readonly [string, string][], expiresAt: number | undefined): Promise<void> {
  for (let tried = 0; tried < 5; tried++) {
    const known = await store.get(texts.map(([key]) => key));
    const { ok } = await store.write(texts.map(([key, value], index): Change => ({ key, value, expected: known[index]?.version, expiresAt })));
    if (ok) return;
  }
  throw new MillraceError('conflict', 'another process keeps writing the price list', { where: 'the online store', todo: 'Try again: `millrace prices export`.' });
}

/** The list that holds at a moment; undefined where none does. */
export async function listOnline(store: Pick<OnlineStore, 'get'>, at: number): Promise<ListHeader | undefined> {
  const [current] = await store.get([CURRENT]);
  if (current === undefined) return undefined;
  const header = JSON.parse(current.value) as ListHeader;
  return at < header.validFrom || at >= header.validTo ? undefined : header;
}

/** The list that holds at a moment, and what it says of these products; undefined where none holds. */
export async function listedPrices(store: OnlineStore, productIds: readonly string[], at: number): Promise<{ header: ListHeader; prices: ReadonlyMap<string, HandedPrice> } | undefined> {
  const header = await listOnline(store, at);
  if (header === undefined) return undefined;
  const items = await store.get(productIds.map((id) => keyOf(header.listId, id)));
  return { header, prices: new Map(productIds.flatMap((id, index) => (items[index] === undefined ? [] : [[id, JSON.parse(items[index].value) as HandedPrice] as const]))) };
}
