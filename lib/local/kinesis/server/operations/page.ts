// A part of a list, for answers that come in pages.

/** The first `limit` items that are wanted, and whether there are more. */
export function page<Item>(all: readonly Item[], isWanted: (item: Item) => boolean, limit: number): { items: Item[]; hasMore: boolean } {
  const wanted = all.filter(isWanted);
  return { items: wanted.slice(0, limit), hasMore: wanted.length > limit };
}
