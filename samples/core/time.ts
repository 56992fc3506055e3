// Calendar arithmetic on whole seconds and days, and the two zones the sample's sources are written in. No Date, no locale.

export const DAY = 86_400;

/** Days since 1970-01-01 of a civil date (Howard Hinnant, days_from_civil). */
export function dayOf(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

export interface CivilDate {
  year: number;
  month: number;
  day: number;
}

export function civilOf(epochDay: number): CivilDate {
  const z = epochDay + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted + (shifted < 10 ? 3 : -9);
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return { year, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 };
}

/** `2018-10-17`. */
export function dateText(epochDay: number): string {
  const { year, month, day } = civilOf(epochDay);
  return `${year}-${month < 10 ? '0' : ''}${month}-${day < 10 ? '0' : ''}${day}`;
}

/** `2018-10`. */
export function monthText(epochDay: number): string {
  return dateText(epochDay).slice(0, 7);
}

/** Days since 1970 of `2018-10-17`. */
export function parseDay(text: string): number {
  return dayOf(Number(text.slice(0, 4)), Number(text.slice(5, 7)), Number(text.slice(8, 10)));
}

/** 0 is Monday. */
export function weekdayOf(epochDay: number): number {
  return (((epochDay + 3) % 7) + 7) % 7;
}

/** Day of a count of local seconds since 1970. */
export function dayOfSecond(second: number): number {
  return Math.floor(second / DAY);
}

/** São Paulo's summer times, in days: clocks go 00:00 to 01:00 on the first, and 24:00 to 23:00 before the second. */
const SUMMERS: readonly (readonly [number, number])[] = [
  [dayOf(2014, 10, 19), dayOf(2015, 2, 22)],
  [dayOf(2015, 10, 18), dayOf(2016, 2, 21)],
  [dayOf(2016, 10, 16), dayOf(2017, 2, 19)],
  [dayOf(2017, 10, 15), dayOf(2018, 2, 18)],
  [dayOf(2018, 11, 4), dayOf(2019, 2, 17)],
];

/** What a clock on São Paulo's wall makes of a local time: it happened once, never, or twice. */
export function saoPauloKind(local: number): 'valid' | 'gap' | 'overlap' {
  for (const [start, end] of SUMMERS) {
    if (local >= start * DAY && local < start * DAY + 3600) return 'gap';
    if (local >= end * DAY - 3600 && local < end * DAY) return 'overlap';
  }
  return 'valid';
}

/** UTC seconds of a São Paulo local time; one that never was moves forward, of two the earlier offset (summer time) holds. */
export function saoPauloToUtc(local: number): number {
  for (const [start, end] of SUMMERS) {
    if (local >= start * DAY + 3600 && local < end * DAY) return local + 2 * 3600;
  }
  return local + 3 * 3600;
}

/** São Paulo's local time of a UTC second. */
export function utcToSaoPaulo(utc: number): number {
  for (const [start, end] of SUMMERS) {
    if (utc >= start * DAY + 3 * 3600 && utc < end * DAY + 2 * 3600) return utc - 2 * 3600;
  }
  return utc - 3 * 3600;
}
