// Defects on purpose: copies of good rows with one thing broken, repeated rows, and rows that a later one replaces.
import type { Random } from './random.ts';

/** A column whose value becomes something that its contract refuses. `what` is the end of the reason: `<source>.<column>.<what>`. */
export interface BadValue {
  column: string;
  value: string;
  what: string;
}

/** A row that breaks a rule of its contract: several columns at once. The reason is `<source>.<rule>`. */
export interface BrokenRule {
  rule: string;
  set: Readonly<Record<string, string>>;
}

/** What can be planted in a source. */
export interface Defects {
  values: readonly BadValue[];
  rules?: readonly BrokenRule[];
  /** Silver drops repeated rows of it; else none are planted. */
  duplicates: boolean;
  /** What an earlier version of a row said, where silver keeps the last version. */
  earlier?: Readonly<Record<string, string>>;
  /** A column of free text, for bytes that are no UTF-8. */
  text?: string;
}

/** Ends of reasons of rows that do not parse: `<source>.parse.<what>`. */
export const PARSE_DEFECTS = ['too_few_fields', 'too_many_fields', 'text_after_quote', 'unclosed_quote', 'invalid_utf8'] as const;
export type ParseDefect = (typeof PARSE_DEFECTS)[number];

/** Unclosed quotes in a file: readers have to look far ahead for each. */
const UNCLOSED_QUOTES_A_FILE = 2;

export type Planted =
  { kind: 'bad'; reason: string; row: string } | { kind: 'exact_duplicate'; row: string } | { kind: 'superseded'; row: string };

/** Chooses and makes the defects of one file. Rows are Latin-1 strings of their bytes, without the line end. */
export class Planter {
  readonly #source: string;
  readonly #columns: readonly string[];
  readonly #defects: Defects;
  readonly #random: Random;
  readonly #rate: number;
  #unclosed = 0;

  constructor(source: string, columns: readonly string[], defects: Defects, rate: number, random: Random) {
    this.#source = source;
    this.#columns = columns;
    this.#defects = defects;
    this.#rate = rate;
    this.#random = random;
  }

  /** How many good rows until the next defect, about 1 / rate on average. */
  gap(): number {
    return this.#rate <= 0 ? Infinity : 1 + Math.floor(this.#random.real() * (2 / this.#rate - 1));
  }

  /** A defect next to that row: a superseded version belongs before it, everything else behind it. */
  plant(row: string): Planted {
    const { values, rules = [], duplicates, earlier } = this.#defects;
    const kinds = values.length + rules.length + PARSE_DEFECTS.length + (duplicates ? 2 : 0) + (earlier === undefined ? 0 : 2);
    let draw = this.#random.below(kinds);
    if (draw < values.length) {
      const { column, value, what } = values[draw]!;
      return { kind: 'bad', reason: `${this.#source}.${tableName(column)}.${what}`, row: this.#with(row, { [column]: value }) };
    }
    draw -= values.length;
    if (draw < rules.length)
      return { kind: 'bad', reason: `${this.#source}.${rules[draw]!.rule}`, row: this.#with(row, rules[draw]!.set) };
    draw -= rules.length;
    if (draw < PARSE_DEFECTS.length) return this.#unparseable(row, PARSE_DEFECTS[draw]!);
    draw -= PARSE_DEFECTS.length;
    if (duplicates && draw < 2) return { kind: 'exact_duplicate', row };
    const before = this.#with(row, earlier!);
    return before === row ? { kind: 'exact_duplicate', row } : { kind: 'superseded', row: before };
  }

  #unparseable(row: string, wanted: ParseDefect): Planted {
    const fields = splitFields(row);
    let what = wanted;
    if (what === 'unclosed_quote' && ++this.#unclosed > UNCLOSED_QUOTES_A_FILE) what = 'text_after_quote';
    if ((what === 'unclosed_quote' || what === 'text_after_quote') && /[\r\n]/.test(row)) what = 'too_few_fields';
    if (what === 'invalid_utf8' && this.#defects.text === undefined) what = 'too_many_fields';
    const last = fields.length - 1;
    switch (what) {
      case 'too_few_fields':
        fields.pop();
        break;
      case 'too_many_fields':
        fields.push('surplus');
        break;
      case 'text_after_quote':
        fields[0] = `"${unquoted(fields[0]!)}"x`;
        break;
      case 'unclosed_quote':
        fields[last] = `"never closed ${unquoted(fields[last]!)}`;
        break;
      case 'invalid_utf8':
        fields[this.#columns.indexOf(this.#defects.text!)] = 'S\xe3o Jos\xe9 \xff';
        break;
    }
    return { kind: 'bad', reason: `${this.#source}.parse.${what}`, row: fields.join(',') };
  }

  #with(row: string, values: Readonly<Record<string, string>>): string {
    const fields = splitFields(row);
    for (const [column, value] of Object.entries(values)) fields[this.#columns.indexOf(column)] = value;
    return fields.join(',');
  }
}

/** The raw fields of one CSV record, quotes kept. */
export function splitFields(row: string): string[] {
  const fields: string[] = [];
  let start = 0;
  let quoted = false;
  for (let i = 0; i < row.length; i++) {
    const c = row.charCodeAt(i);
    if (c === 34) quoted = !quoted;
    else if (c === 44 && !quoted) {
      fields.push(row.slice(start, i));
      start = i + 1;
    }
  }
  fields.push(row.slice(start));
  return fields;
}

/** The name of a column in tables: `CustomerID` is `customer_id`. */
function tableName(header: string): string {
  return header.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
}

function unquoted(field: string): string {
  return field.replaceAll('"', '');
}
