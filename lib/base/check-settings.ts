// Settings that a person writes, checked: nothing unknown, every number in its range; what is left out gets its default.
import { MillraceError } from './errors.ts';

/** A number from `least` to `most`; `whole`: a whole one. */
export interface NumberSetting { default: number; least: number; most: number; whole?: true }

/** Throws `bad_input` for a key that nobody reads, with those that there are. */
export function checkKeys(where: string, given: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw new MillraceError('bad_input', `${where} is not a list of settings`, { where, todo: `Write { ${known.join(', ')} }, or leave it out.` });
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new MillraceError('bad_input', `there is no setting ${where}.${unknown}`, { where, todo: `There are ${known.join(', ')}.` });
  return given as Readonly<Record<string, unknown>>;
}

/** Throws `bad_input` naming the setting and its range. */
export function numberSettings<Name extends string>(where: string, given: Readonly<Record<string, unknown>>, settings: Readonly<Record<Name, NumberSetting>>): Record<Name, number> {
  return Object.fromEntries(Object.entries<NumberSetting>(settings).map(([name, { default: usual, least, most, whole }]) => {
    const value = given[name] ?? usual;
    if (typeof value !== 'number' || !(value >= least && value <= most) || (whole === true && !Number.isInteger(value))) {
      throw new MillraceError('bad_input', `${where}.${name} is ${JSON.stringify(value) ?? String(value)}`, { where: `${where}.${name}`, todo: `Give a ${whole === true ? 'whole ' : ''}number from ${least} to ${most}.` });
    }
    return [name, value];
  })) as Record<Name, number>;
}
