// The pricing settings of a project, checked and completed.
import { checkKeys, MillraceError, numberSettings, type PricingConfig } from '../base/index.ts';
import { checkGuardrails, type Guardrails } from './guardrails.ts';
import { MODEL_SETTINGS, type ModelSettings } from './policies/model.ts';
import type { RuleSettings } from './policies/rule.ts';

export interface PricingSettings {
  policy: string;
  guardrails: Guardrails;
  listDays: number;
  rule: RuleSettings;
  model: ModelSettings;
  bandit: { arms: readonly number[]; historyWeight: number };
}

/** What may be named as the policy. */
export const POLICY_NAMES = ['rule', 'model', 'bandit', 'list'] as const;

const KEYS = ['policy', 'marginFloorPercent', 'dailyChangePercent', 'endings', 'blocked', 'listDays', 'rule', 'model', 'bandit'];
const WHERE = 'pricing of millrace.config.ts';

/** @throws `bad_input` naming the setting that is wrong and what is allowed. */
export function pricingSettings(config: PricingConfig | undefined): PricingSettings {
  const given = checkKeys(WHERE, config, KEYS);
  const numbers = numberSettings(WHERE, given, {
    marginFloorPercent: { default: 10, least: -1000, most: 99.99 }, dailyChangePercent: { default: 10, least: 0, most: 100 }, listDays: { default: 7, least: 1, most: 366, whole: true },
  });
  const section = <Name extends string>(name: string, settings: Parameters<typeof numberSettings<Name>>[2], others: readonly string[] = []) =>
    numberSettings<Name>(`${WHERE}.${name}`, checkKeys(`${WHERE}.${name}`, given[name], [...Object.keys(settings), ...others]), settings);
  const policy = given['policy'] ?? 'rule';
  if (!POLICY_NAMES.some((name) => name === policy)) throw wrong('policy', policy, `Give one of ${POLICY_NAMES.join(', ')}.`);
  return {
    policy: String(policy), listDays: numbers.listDays,
    guardrails: checkGuardrails({ marginFloorPercent: numbers.marginFloorPercent, dailyChangePercent: numbers.dailyChangePercent, endings: listOf('endings', given['endings'] ?? [90, 99], 0, 99), blocked: blockedOf(given['blocked']) }),
    rule: section('rule', {
      targetMarginPercent: { default: 40, least: -1000, most: 99.99 }, undercutPercent: { default: 1, least: -100, most: 100 }, anchorDiscountPercent: { default: 3, least: 0, most: 100 },
    }),
    model: section('model', { reachPercent: { default: MODEL_SETTINGS.reachPercent, least: 0, most: 50 }, leastGainPercent: { default: MODEL_SETTINGS.leastGainPercent, least: 0, most: 100 } }),
    bandit: {
      ...section('bandit', { historyWeight: { default: 0.1, least: 0, most: 1 } }, ['arms']),
      arms: listOf('bandit.arms', (given['bandit'] as PricingConfig['bandit'])?.arms ?? [0.94, 0.97, 1, 1.03, 1.06], 0.1, 10),
    },
  };
}

function listOf(name: string, value: unknown, least: number, most: number): readonly number[] {
  if (!Array.isArray(value) || value.some((one: unknown) => typeof one !== 'number' || !(one >= least && one <= most))) throw wrong(name, value, `Give numbers from ${least} to ${most}.`);
  return value as number[];
}

function blockedOf(value: unknown): ReadonlyMap<string, string> {
  if (value === undefined) return new Map();
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.values(value).some((why) => typeof why !== 'string')) throw wrong('blocked', value, "Write a product id and why it is blocked: { 'p1': 'price fixed by contract' }.");
  return new Map(Object.entries(value as Record<string, string>));
}

function wrong(name: string, value: unknown, todo: string): MillraceError {
  return new MillraceError('bad_input', `${WHERE}: ${name} is ${JSON.stringify(value)}`, { where: `${WHERE}, ${name}`, todo });
}
