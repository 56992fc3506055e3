// millrace prices compute|list|export: what every item costs from now on, by a policy, within the guardrails, and where the shop reads it.
import path from 'node:path';
import { MillraceError, systemClock } from '../../base/index.ts';
import { computePrices, exportFolderOf, exportPrices, readPriceTable, whereListsAre, type ComputedPrices, type PriceList } from '../../local/index.ts';
import type { PricesEvent } from '../../serving/aws/index.ts';
import { fractionDigitsOf } from '../../pricing/index.ts';
import { withRuntime } from '../runtime.ts';
import { stageOf, STAGE_OPTION } from '../stage.ts';
import { number, paint, table, type Terminal } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';

const STAGE = { ...STAGE_OPTION, description: 'of an account, whose function prices does it there; default: this home' };
const TO = { flags: '--to <dir>', description: 'write the files there instead of exports/prices in the home' };

export const pricesCompute: Verb = {
  description: 'Asks a policy for every item of gold.pricing_features, keeps the guardrails of millrace.config.ts, replaces gold.prices by one snapshot, and hands the list over: as files (CSV and JSON Lines, with checksums) and in the online store of the API. A reader sees the list before or this one, never a part. However often it runs on a day, no price moves by more than one day may.',
  options: [{ flags: '--policy <name>', description: 'rule, model or bandit; default: that of millrace.config.ts' }, TO, STAGE],
  examples: ['millrace prices compute', 'millrace prices compute --policy model --json', 'millrace prices compute --stage prod'],
  async run(invocation) {
    const { policy: wanted } = invocation.options;
    if (await inAccount(invocation, { step: 'compute', ...(typeof wanted === 'string' ? { policy: wanted } : {}) })) return;
    await withRuntime(invocation, async (runtime) => {
      const { policy } = invocation.options;
      const done = await computePrices(runtime, { ...(typeof policy === 'string' ? { policy } : {}), ...folderOf(invocation) });
      present(invocation, summaryOf(done), () => printDone(invocation.terminal, done, folderOf(invocation).folder ?? exportFolderOf(runtime)));
    });
  },
};

export const pricesList: Verb = {
  options: [
    { flags: '--category <name>', description: 'of one category' }, { flags: '--changed', description: 'only those that the list moved' },
    { flags: '--limit <number>', description: 'so many rows; 0: all', default: '20' }, STAGE_OPTION,
  ],
  examples: ['millrace prices list --changed', 'millrace prices list --category toys --limit 0 --json', 'millrace prices list --changed --stage prod'],
  async run(invocation) {
    const limit = Number(invocation.options['limit']);
    if (!Number.isInteger(limit) || limit < 0) throw new MillraceError('usage', `--limit wants a whole number, not '${String(invocation.options['limit'])}'`, { todo: 'Give 0 for all.' });
    const stage = await stageOf(invocation);
    if (stage === undefined) return withRuntime(invocation, async (runtime) => show(invocation, await readPriceTable(runtime), await whereListsAre(runtime), limit));
    // Loaded only for who asks for it: the clients of AWS take a while.
    const { openAccountPrices } = await import('../../serving/aws/index.ts');
    const { region, account } = stage.settings;
    const prices = await openAccountPrices({ stage: stage.name, region, ...(account === undefined ? {} : { account }), clock: systemClock, environment: invocation.environment });
    try {
      show(invocation, await readPriceTable({ lake: prices.lake, engine: async () => prices.engine }), await prices.whereListsAre(), limit);
    } finally {
      await prices.close();
    }
  },
};

/** `elsewhere`: ids of the lists that the shop's files and the API hold. */
function show(invocation: Invocation, list: PriceList, elsewhere: { exported?: string; online?: string }, limit: number): void {
  const { category, changed, stage } = invocation.options;
  const found = list.prices.filter((one) => (typeof category !== 'string' || one.category === category) && (changed !== true || one.price !== one.previousPrice));
  const shown = limit === 0 ? found : found.slice(0, limit);
  present(invocation, { ...headerOf(list), ...elsewhere, found: found.length, prices: shown }, () => {
    const { terminal } = invocation;
    const digits = fractionDigitsOf(list.header.currency);
    terminal.out(`${headline(terminal, list)}\n\n`);
    terminal.out(table(terminal, ['product', 'category', 'was', 'is', '', 'why', 'limits'], shown.map(({ productId, category: of, price, previousPrice, reason, limits }) => [
      productId, of, previousPrice.toFixed(digits), price.toFixed(digits), changeOf(price, previousPrice), reason, limits.join(' '),
    ])));
    if (shown.length < found.length) terminal.out(`\n  ${number(shown.length)} of ${number(found.length)}; --limit 0 shows all\n`);
    for (const [where, id] of [['the export folder', elsewhere.exported], ['the online store', elsewhere.online]] as const) {
      if (id !== list.header.listId) terminal.out(`\n  ${paint(terminal, 'yellow', '!')} ${where} holds ${id === undefined ? 'no list' : 'another list'}: millrace prices export${typeof stage === 'string' ? ` --stage ${stage}` : ''}\n`);
    }
  });
}

export const pricesExport: Verb = {
  description: 'For when `prices compute` was cut off before it had handed the list over, or a shop wants the files somewhere else. current.json in the folder names the list that holds, its files and their SHA-256.',
  options: [TO, STAGE],
  examples: ['millrace prices export', 'millrace prices export --to /srv/shop/prices', 'millrace prices export --stage prod'],
  async run(invocation) {
    if (await inAccount(invocation, { step: 'export' })) return;
    await withRuntime(invocation, async (runtime) => {
      const done = await exportPrices(runtime, folderOf(invocation));
      present(invocation, summaryOf(done), () => printDone(invocation.terminal, done, folderOf(invocation).folder ?? exportFolderOf(runtime)));
    });
  },
};

/** Where a stage is named its function is asked, which does the same over the account's tables. */
async function inAccount(invocation: Invocation, event: PricesEvent): Promise<boolean> {
  const stage = await stageOf(invocation);
  if (stage === undefined) return false;
  if (invocation.options['to'] !== undefined) throw new MillraceError('usage', '--to is of a home; in an account the files are in the bucket', { todo: 'Leave it out.' });
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { callPriceFunction } = await import('../../serving/aws/index.ts');
  const done = await callPriceFunction({ stage: stage.name, region: stage.settings.region, clock: systemClock, environment: invocation.environment }, event);
  if (done.list === null) throw new MillraceError('not_found', 'nothing is known yet that prices could be made from', { where: `gold.pricing_features of ${stage.name}`, todo: 'Run the batch of the stage.' });
  present(invocation, done, () => invocation.terminal.out(`${number(done.rows)} prices by the policy ${done.policy ?? ''}, until ${(done.validTo ?? '').slice(0, 16).replace('T', ' ')} (UTC)\n`
    + `  the API of ${stage.name} answers them to {"skus": […], "precomputed": true}; the bucket has them below exports/prices/, as list ${done.list}\n`));
  return true;
}

function folderOf({ options: { to } }: Invocation): { folder?: string } {
  return typeof to === 'string' ? { folder: path.resolve(to) } : {};
}

function headerOf({ header, day, prices }: PriceList) {
  const { listId, validFrom, validTo, ...rest } = header;
  return { list_id: listId, ...rest, business_date: day, valid_from: new Date(validFrom).toISOString(), valid_to: new Date(validTo).toISOString(), moved: prices.filter(({ price, previousPrice }) => price !== previousPrice).length };
}

function summaryOf({ list, exported, blockedInVain = [], withoutPrice = [] }: ComputedPrices) {
  return { ...headerOf(list), limits: limitsOf(list), files: exported.files, ...(blockedInVain.length === 0 ? {} : { blocked_in_vain: blockedInVain }), ...(withoutPrice.length === 0 ? {} : { without_price: withoutPrice }) };
}

/** How often each guardrail moved a price. */
function limitsOf({ prices }: PriceList): Record<string, number> {
  const counted: Record<string, number> = {};
  for (const limit of prices.flatMap(({ limits }) => limits)) counted[limit] = (counted[limit] ?? 0) + 1;
  return counted;
}

function headline(terminal: Terminal, { header, prices }: PriceList): string {
  const moved = prices.filter(({ price, previousPrice }) => price !== previousPrice).length;
  return `${paint(terminal, 'bold', `${number(header.rows)} prices`)} by the policy ${header.policy}, ${number(moved)} of them moved; from ${timeOf(header.validFrom)} to ${timeOf(header.validTo)} (UTC), in ${header.currency}`;
}

function printDone(terminal: Terminal, { list, exported, blockedInVain = [], withoutPrice = [] }: ComputedPrices, folder: string): void {
  terminal.out(`${headline(terminal, list)}\n\n`);
  const limits = Object.entries(limitsOf(list)).sort(([, one], [, other]) => other - one);
  if (limits.length > 0) terminal.out(`  guardrails   ${limits.map(([limit, count]) => `${limit.replaceAll('_', ' ')} ${number(count)}`).join(' · ')}\n`);
  terminal.out(`  gold.prices  one snapshot\n  the API      answers it to {"skus": […], "precomputed": true}\n${exported.files.map(({ name }) => `  file         ${path.join(folder, name)}\n`).join('')}`);
  const warn = (what: string): void => terminal.out(`\n  ${paint(terminal, 'yellow', '!')} ${what}\n`);
  if (blockedInVain.length > 0) warn(`blocked in millrace.config.ts, but not on the list: ${someOf(blockedInVain)}`);
  if (withoutPrice.length > 0) warn(`not on the list, since the current price is none: ${someOf(withoutPrice)}`);
  const failed = list.prices.filter(({ limits: by }) => by.includes('policy_failed'));
  if (failed.length > 0) warn(`the policy ${list.header.policy} fails for ${number(failed.length)} of them, which keep their price within the guardrails; of ${failed[0]!.productId}: ${failed[0]!.reason}`);
}

function someOf(names: readonly string[]): string {
  return `${names.slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}

function changeOf(price: number, before: number): string {
  if (price === before) return '';
  const percent = (price / before - 1) * 100;
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)} %`;
}
