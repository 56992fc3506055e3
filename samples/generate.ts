// Generates a sample: the files of a profile, and truth.json, which says what is in them.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../lib/base/index.ts';
import { CLICKSTREAM_CAUSES, MARKETPLACE_CAUSES, SHOP_CAUSES } from './causes.ts';
import { Landing, type FileTruth, type Progress } from './core/landing.ts';
import { dateText, dayOfSecond } from './core/time.ts';
import { writeBrokenFiles } from './defects/broken-files.ts';
import { DEFECTS } from './defects/catalogue.ts';
import { plantOrphans } from './defects/orphans.ts';
import { churnTruth } from './marketplace/churn.ts';
import { makeMarketplace } from './marketplace/history.ts';
import { MarketIds } from './marketplace/ids.ts';
import { olistPlan, shopPlan } from './marketplace/plan.ts';
import { marketplaceTruth } from './marketplace/truth.ts';
import { writeMarketplace } from './marketplace/write-marketplace.ts';
import { writeRetailRocketEvents } from './retailrocket/events.ts';
import { Items, LAST_DAY, retailRocketSize } from './retailrocket/items.ts';
import { writeProperties, writeTree } from './retailrocket/properties.ts';
import { conversionOracle, makeShop, writeShop } from './shop/shop.ts';
import { PROFILES, sourceTruth, type Profile, type SourceTruth, type Truth } from './truth.ts';

export interface SampleOptions {
  profile: Profile;
  /** 1: about 60,000 rows of the shop, the published cardinalities of olist and retailrocket. From 0.01 to 100. */
  scale?: number;
  /** Whole number; the same seed and scale give the same bytes on every machine. */
  seed?: number;
  /** The folder that gets `<source>/<file>` and `truth.json`; files of the same name are replaced. */
  out: string;
  /** Where truth.json goes, if not into `out`: a path of a file. */
  truthFile?: string;
  /** Defects a row, 0 to 0.2. */
  defectRate?: number;
  /** Add files that are broken as a whole. */
  brokenFiles?: boolean;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** The churn label's horizon: the oracle is for the last date at which it is known. */
const LABEL_DAYS = 90;

/**
 * Writes a sample and gives back what truth.json says. Every file appears under its name when it is whole.
 * Throws `usage` for options out of range, `interrupted` when the signal is aborted, `io` when the disk refuses.
 */
export async function generateSample(options: SampleOptions): Promise<Truth> {
  const {
    profile,
    scale = 1,
    seed = 7,
    out,
    defectRate = 0.005,
    brokenFiles = false,
    truthFile = join(out, 'truth.json'),
    onProgress,
    signal,
  } = options;
  check(options);
  const landing = new Landing({
    out,
    seed,
    defectRate,
    defects: DEFECTS,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  try {
    await mkdir(out, { recursive: true });
    const parts =
      profile === 'retailrocket'
        ? await clickstream(landing, seed, scale)
        : await shopOrMarketplace(landing, profile, seed, scale, defectRate);
    const truth: Truth = {
      format: 1,
      profile,
      scale,
      seed,
      defect_rate: defectRate,
      time_zone: 'America/Sao_Paulo',
      currency: 'BRL',
      sources: bySource(landing.files),
      broken_files: [],
      ...parts,
    };
    if (brokenFiles) truth.broken_files = await writeBrokenFiles(landing, new Set(Object.keys(truth.sources)));
    await landing.raw(truthFile, readable(truth));
    return truth;
  } catch (thrown) {
    throw asMillraceError(thrown, out);
  } finally {
    await landing.end();
  }
}

type Parts = Pick<Truth, 'as_of' | 'totals' | 'causes' | 'oracles'>;

async function shopOrMarketplace(
  landing: Landing,
  profile: 'shop' | 'olist',
  seed: number,
  scale: number,
  defectRate: number,
): Promise<Parts> {
  const market = makeMarketplace(seed, profile === 'shop' ? shopPlan(scale) : olistPlan(scale));
  plantOrphans(market, defectRate);
  const ids = new MarketIds(seed);
  const shop = profile === 'shop' ? makeShop(market, ids) : undefined;
  const written = await writeMarketplace(landing, market, ids);
  const asOf = dayOfSecond(market.plan.end) + 1;
  return {
    as_of: dateText(asOf),
    totals: {
      marketplace: marketplaceTruth(market, written, asOf),
      ...(shop && { shop: await writeShop(landing, market, ids, shop, scale) }),
    },
    causes: { marketplace: MARKETPLACE_CAUSES, ...(shop && { shop: SHOP_CAUSES }) },
    oracles: {
      churn: churnTruth(market, market.plan.demand.until - LABEL_DAYS),
      ...(shop && { conversion: conversionOracle(shop.clicks) }),
    },
  };
}

async function clickstream(landing: Landing, seed: number, scale: number): Promise<Parts> {
  const size = retailRocketSize(scale);
  const items = new Items(seed, size);
  const { events, conversion } = await writeRetailRocketEvents(landing, seed, size, items);
  const properties = await writeProperties(landing, seed, size, items);
  const tree = await writeTree(landing, seed);
  return {
    as_of: dateText(LAST_DAY + 1),
    totals: { retailrocket: { events, item_properties: properties, category_tree: tree } },
    causes: { clickstream: CLICKSTREAM_CAUSES },
    oracles: {
      conversion: {
        about:
          'P(the item is bought in the visit, right after this view | visitor, item, price): the true probability of every view',
        ...conversion,
      },
    },
  };
}

/** Indented JSON, with lists of numbers on one line. */
function readable(truth: Truth): string {
  return `${JSON.stringify(truth, null, 1).replace(/\[\s*-?\d[^\]"{[]*\]/g, (list) => list.replace(/\s+/g, ''))}\n`;
}

function bySource(files: readonly { source: string; truth: FileTruth }[]): Record<string, SourceTruth> {
  const groups = new Map<string, FileTruth[]>();
  for (const { source, truth } of files) groups.set(source, [...(groups.get(source) ?? []), truth]);
  return Object.fromEntries([...groups].map(([source, truths]) => [source, sourceTruth(truths)]));
}

function check({ profile, scale = 1, seed = 7, defectRate = 0.005 }: SampleOptions): void {
  const refuse = (message: string, todo: string) => {
    throw new MillraceError('usage', message, { todo });
  };
  if (!PROFILES.includes(profile)) refuse(`there is no profile ${String(profile)}`, `Profiles are ${PROFILES.join(', ')}.`);
  if (!(scale >= 0.01 && scale <= 100)) refuse(`the scale ${scale} is not between 0.01 and 100`, 'Leave it out for 1.');
  if (!Number.isSafeInteger(seed) || seed < 0) refuse(`the seed ${seed} is not a whole number from 0 on`, 'Leave it out for 7.');
  if (!(defectRate >= 0 && defectRate <= 0.2))
    refuse(`the defect rate ${defectRate} is not between 0 and 0.2`, 'Leave it out for 0.005.');
}

function asMillraceError(thrown: unknown, out: string): unknown {
  const code = (thrown as NodeJS.ErrnoException).code;
  if (thrown instanceof MillraceError || typeof code !== 'string') return thrown;
  const todo =
    code === 'ENOSPC'
      ? 'Make room, or choose a smaller --scale.'
      : 'Choose another folder with --out, or give this user the right to write there.';
  return new MillraceError('io', `the sample cannot be written: ${(thrown as Error).message}`, {
    where: out,
    todo,
    cause: thrown,
  });
}
