// The shipping settings of a project, checked and completed.
import { checkKeys, MillraceError, numberSettings, type ShippingConfig } from '../base/index.ts';
import { CUBIC_CM_PER_KG } from './weight.ts';

export interface HttpCarrierSettings {
  name: string;
  url: string;
  timeoutMilliseconds: number;
  retries: number;
  failuresToOpen: number;
  openMilliseconds: number;
  /** Environment variable with the value of the `authorization` header. */
  authorizationFrom?: string;
}

export interface ShippingSettings {
  /** Undefined: never free. */
  freeFrom?: number;
  confidence: number;
  graceDays: number;
  cubicCmPerKg: number;
  /** 0: a parcel's weight counts as it is. */
  roundUpToKg: number;
  patienceMilliseconds: number;
  carriers: readonly HttpCarrierSettings[];
}

const WHERE = 'shipping of millrace.config.ts';

/** @throws `bad_input` naming the setting that is wrong and what is allowed. */
export function shippingSettings(config: ShippingConfig | undefined): ShippingSettings {
  const given = checkKeys(WHERE, config, ['freeFrom', 'confidence', 'graceDays', 'cubicCmPerKg', 'roundUpToKg', 'patienceMilliseconds', 'carriers']);
  const { freeFrom, ...numbers } = numberSettings(WHERE, given, {
    freeFrom: { default: Number.MAX_VALUE, least: 0, most: Number.MAX_VALUE }, confidence: { default: 0.9, least: 0.01, most: 0.999 }, graceDays: { default: 3, least: 0, most: 60, whole: true },
    cubicCmPerKg: { default: CUBIC_CM_PER_KG, least: 1, most: 1e6 }, roundUpToKg: { default: 0, least: 0, most: 1000 },
    // Whoever asks for a quote gives up after five seconds.
    patienceMilliseconds: { default: 2_500, least: 10, most: 4_500 },
  });
  const carriers = Object.entries(checkKeys(`${WHERE}.carriers`, given['carriers'], Object.keys((given['carriers'] as object | undefined) ?? {}))).map(([name, value]) => carrierOf(name, value));
  return { ...numbers, carriers, ...(given['freeFrom'] === undefined ? {} : { freeFrom }) };
}

function carrierOf(name: string, value: unknown): HttpCarrierSettings {
  const where = `${WHERE}.carriers.${name}`;
  const numbers = {
    timeoutMilliseconds: { default: 800, least: 10, most: 10_000 }, retries: { default: 1, least: 0, most: 5, whole: true }, failuresToOpen: { default: 3, least: 1, most: 1000, whole: true },
    openMilliseconds: { default: 30_000, least: 100, most: 3_600_000 },
  } as const;
  const given = checkKeys(where, value, ['url', 'authorizationFrom', ...Object.keys(numbers)]);
  const { url, authorizationFrom } = given;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url)) throw new MillraceError('bad_input', `${where}.url is ${JSON.stringify(url) ?? 'missing'}`, { where, todo: 'Give an address that begins with https://.' });
  if (authorizationFrom !== undefined && typeof authorizationFrom !== 'string') throw new MillraceError('bad_input', `${where}.authorizationFrom is ${JSON.stringify(authorizationFrom)}`, { where, todo: 'Name an environment variable.' });
  return { name, url, ...numberSettings(where, given, numbers), ...(authorizationFrom === undefined ? {} : { authorizationFrom }) };
}
