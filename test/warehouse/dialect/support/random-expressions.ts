// Random expressions of a wanted type, made of everything that the function tables and the grammar allow.
import { FUNCTION_GROUPS } from '../../../../lib/warehouse/dialect/functions/registry.ts';
import type { Pattern, Signature } from '../../../../lib/warehouse/dialect/functions/signature.ts';
import { Random } from './random.ts';

/** Kinds of values, decimals and timestamps of any precision together. */
export type Family =
  'boolean' | 'integer' | 'bigint' | 'double' | 'decimal' | 'varchar' | 'date' | 'timestamp' | 'instant' | 'varbinary' | 'array(bigint)' | 'array(varchar)';

export const FAMILIES: readonly Family[] = [
  'boolean', 'integer', 'bigint', 'double', 'decimal', 'varchar', 'date', 'timestamp', 'instant', 'varbinary', 'array(bigint)', 'array(varchar)',
];
const NUMBERS: readonly Family[] = ['integer', 'bigint', 'decimal', 'double'];

/** Columns of the table that expressions are over. */
export const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ['b', 'boolean'], ['i', 'integer'], ['j', 'integer'], ['l', 'bigint'], ['d', 'double'], ['d2', 'double'], ['m', 'decimal(18,4)'], ['n', 'decimal(10,2)'],
  ['q', 'decimal(5,0)'], ['s', 'varchar'], ['s2', 'varchar'], ['dt', 'date'], ['dt2', 'date'], ['ts', 'timestamp(6)'], ['ts2', 'timestamp(6)'],
  ['t3', 'timestamp(3)'], ['t0', 'timestamp(0)'], ['x', 'varbinary'], ['ai', 'array(bigint)'], ['av', 'array(varchar)'],
];

const ROWS: readonly (readonly string[])[] = [
  ['true', '1', '2', '3', '1.5e0', '2.5e0', '12.3456', '1.25', '7', "'abc'", "'b'", "'2026-01-31'", "'2026-02-28'", "'2026-01-31 10:11:12.123456'",
    "'2026-03-01 09:00:00.999999'", "'2026-01-31 10:11:12.123'", "'2024-02-29 23:59:59'", "x'00ff'", 'ARRAY[1, 2, 3]', "ARRAY['a', 'b']"],
  ['false', '0', '-7', '-86400000', '-0.5e0', '0e0', '-0.0050', '-1.15', '-3', "''", "' x '", "'2024-02-29'", "'2023-02-28'", "'1969-12-31 23:59:59.500000'",
    "'1970-01-01 00:00:00.000001'", "'1969-12-31 23:59:59.999'", "'1970-01-01 00:00:00'", "x''", 'ARRAY[]', 'ARRAY[]'],
  COLUMNS.map(() => 'NULL'),
  ['true', '40000', '3', '9007199254740993', '1e15', 'nan()', '99999999999.9999', '99999999.99', '99999', "'Straße É😀'", "'12'", "'1999-12-31'", "'2000-03-01'",
    "'2018-02-17 23:30:00.000000'", "'2018-11-04 00:30:00.000000'", "'2026-03-29 02:30:00.000'", "'2026-12-31 00:00:00'", "x'616263'", 'ARRAY[NULL, 5, -1]',
    "ARRAY['x', NULL, 'y']"],
  ['false', '10', '5', '86400000', 'infinity()', '-3.7e0', '0.5000', '0.05', '0', "'2026-01-05'", "'a,b,,c'", "'2026-12-31'", "'2027-01-01'",
    "'2026-12-31 23:59:59.999999'", "'2027-01-01 00:00:00.000000'", "'2000-01-01 00:00:00.000'", "'2000-02-29 12:30:00'", "x'e282ac'", 'ARRAY[7]', "ARRAY['']"],
  ['NULL', '-20000', '1', '1000000', '0.1e0', '1e-10', '2.5000', '-0.50', '12345', "'-12.50'", "'e\u0301 🤦🏼‍♂️ ﬁ ΑΣ'", "'1970-01-01'", "'1969-12-31'",
    "'2026-05-15 12:00:00.500000'", "'2026-05-15 12:00:00.499999'", "'2026-05-15 12:00:00.500'", "'2026-05-15 12:00:00'", "x'c3a9'", 'NULL', "ARRAY['2', '10']"],
];

/** The table as a subquery named t. */
export const TABLE = `(VALUES ${ROWS.map((row) => `(${row.map((value, at) => `CAST(${value} AS ${COLUMNS[at]?.[1]})`).join(', ')})`).join(', ')}) AS t(${COLUMNS.map(([name]) => name).join(', ')})`;
export const ROW_COUNT = ROWS.length;

const LITERALS: Readonly<Record<Family, readonly string[]>> = {
  boolean: ['true', 'false', 'CAST(NULL AS boolean)'],
  integer: ['0', '1', '-1', '2', '7', '100'],
  bigint: ["BIGINT '0'", "BIGINT '3'", "BIGINT '-5'", '4294967296'],
  double: ['0e0', '1.5e0', '-2.5e0', '1e10', 'nan()'],
  decimal: ['0.5', '1.25', '-10.00', '3.14159', "DECIMAL '100'"],
  varchar: ["''", "'a'", "'Abc'", "'12'", "' 3.5 '", "'2026-02-28'", "'x,y'", "'é😀'", 'CAST(NULL AS varchar)'],
  date: ["DATE '2026-01-31'", "DATE '2024-02-29'", "DATE '1969-12-31'"],
  timestamp: ["TIMESTAMP '2026-01-31 10:00:00.123456'", "TIMESTAMP '2026-02-28 00:00:00'"],
  instant: ["with_timezone(ts, 'America/Sao_Paulo')", "TIMESTAMP '2026-01-01 00:00:00 UTC'", 'from_unixtime(i)', "with_timezone(t3, 'Europe/Berlin')"],
  varbinary: ["x'41'", 'x'],
  'array(bigint)': ["ARRAY[BIGINT '1', BIGINT '2']", 'ai'],
  'array(varchar)': ["ARRAY['a', 'b']", 'av'],
};

/** What a parameter in quotes may be, by its name in the signature. */
const MEANINGS: Readonly<Record<string, readonly string[]>> = {
  unit: ['day', 'week', 'month', 'quarter', 'year', 'hour', 'minute', 'second', 'millisecond'],
  zone: ['UTC', 'America/Sao_Paulo', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kolkata'],
  pattern: ['[a-z]+', '^[0-9]+$', String.raw`(\d+)-(\d+)`, 'a|b', '.', String.raw`\s`, '[^,]+', 'x?', String.raw`-?[0-9]+(\.[0-9]+)?`, '^.*$', 'b+$', '(a)(b)', String.raw`\.0+$`],
  replacement: ['', '<$0>', '-', '$1', String.raw`\$`],
  format: ['%Y-%m-%d', '%Y-%m-%d %H:%i:%s', '%d/%m/%y', '%c/%e/%Y %k:%i', '%x-%v %a %b %j', '%M %W %h %l %p'],
  separator: [',', '; ', 'é'],
  part: ['a', 'é', 'b,', ' '],
  padding: ['x', 'ab', '€'],
};

/** Arguments that must be small numbers for the function to say anything. */
const SMALL_NUMBERS = new Set(['substr', 'round', 'lpad', 'rpad', 'split_part', 'regexp_extract', 'element_at', 'chr', 'power', 'pow']);

export class RandomExpressions {
  readonly random: Random;
  private readonly signatures: readonly Signature[];

  constructor(seed: number) {
    this.random = new Random(seed);
    const groups = Object.entries(FUNCTION_GROUPS).filter(([name]) => !['Aggregates', 'Windows', 'The clock and chance', 'JSON'].includes(name));
    this.signatures = groups.flatMap(([, rows]) => rows).flatMap((row) => (row.kind === 'scalar' ? row.signatures : []));
  }

  /** An expression of that family, so many levels deep. It may still be one that is refused, or fails. */
  of(family: Family, depth: number): string {
    if (depth <= 0 || this.random.chance(0.12)) return this.leaf(family);
    if (this.random.chance(0.22)) return this.special(family, depth - 1) ?? this.leaf(family);
    if (this.random.chance(0.15)) return this.choice(family, depth - 1);
    const fitting = this.signatures.filter(({ returns }) => /^[A-Z]$/.test(returns) || familyOf(returns) === family);
    return fitting.length === 0 ? this.leaf(family) : this.call(this.random.pick(fitting), family, depth - 1);
  }

  private leaf(family: Family): string {
    const columns = COLUMNS.filter(([, type]) => familyOf(type) === family);
    return columns.length > 0 && this.random.chance(0.75) ? this.random.pick(columns)[0] : this.random.pick(LITERALS[family]);
  }

  private choice(family: Family, depth: number): string {
    const { random } = this;
    if (random.chance(0.5)) return `CASE WHEN ${this.of('boolean', depth)} THEN ${this.of(family, depth)} ELSE ${this.of(family, depth)} END`;
    if (!NUMBERS.includes(family)) return `coalesce(${this.of(family, depth)}, ${this.of(family, depth)})`;
    const type = family === 'decimal' ? random.pick(['decimal(18,4)', 'decimal(10,2)', 'decimal(38,10)']) : family;
    return `${random.pick(['CAST', 'TRY_CAST'])}(${this.of(random.pick([...NUMBERS, 'varchar', 'boolean']), depth)} AS ${type})`;
  }

  private special(family: Family, depth: number): string | undefined {
    const { random } = this;
    switch (family) {
      case 'boolean':
        return this.predicate(depth);
      case 'integer':
      case 'bigint':
      case 'decimal':
      case 'double': {
        const narrower = NUMBERS.slice(0, NUMBERS.indexOf(family) + 1);
        return `(${this.of(family, depth)} ${random.pick(['+', '-', '*', '/', '%'])} ${this.of(random.chance(0.3) ? random.pick(narrower) : family, depth)})`;
      }
      case 'varchar':
        return random.choose(
          () => `(${this.of('varchar', depth)} || ${this.of('varchar', depth)})`,
          () => `CAST(${this.of(random.pick(['integer', 'bigint', 'decimal', 'date', 'timestamp', 'boolean']), depth)} AS varchar)`,
        );
      case 'date':
        return random.choose(
          () => `(${this.of('date', depth)} ${random.pick(['+', '-'])} INTERVAL '${random.pick(['1', '3', '13'])}' ${random.pick(['DAY', 'MONTH', 'YEAR'])})`,
          () => `CAST(${this.of(random.pick(['timestamp', 'varchar', 'instant']), depth)} AS date)`,
        );
      case 'timestamp':
        return random.choose(
          () => `(${this.of('timestamp', depth)} ${random.pick(['+', '-'])} INTERVAL '${random.pick(['1', '3', '40'])}' ${random.pick(['DAY', 'MONTH', 'HOUR', 'SECOND'])})`,
          () => `CAST(${this.of(random.pick(['timestamp', 'date', 'instant']), depth)} AS timestamp(${random.pick(['0', '3', '6'])}))`,
        );
      case 'instant':
        return `(${this.of('instant', depth)} AT TIME ZONE '${random.pick(MEANINGS['zone'] ?? [])}')`;
      default:
        return undefined;
    }
  }

  private predicate(depth: number): string {
    const { random } = this;
    const family = random.pick(['integer', 'bigint', 'double', 'decimal', 'varchar', 'date', 'timestamp'] as const);
    const value = () => this.of(family, depth);
    return random.choose(
      () => `(${value()} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${value()})`,
      () => `(${value()} ${random.pick(['', 'NOT '])}BETWEEN ${value()} AND ${value()})`,
      () => `(${value()} ${random.pick(['IS NULL', 'IS NOT NULL'])})`,
      () => `(${value()} IS ${random.pick(['', 'NOT '])}DISTINCT FROM ${value()})`,
      () => `(${value()} ${random.pick(['', 'NOT '])}IN (${this.leaf(family)}, ${this.leaf(family)}))`,
      () => `(${this.of('varchar', depth)} LIKE ${random.pick(["'a%'", "'%b_'", "''", "'%'"])})`,
      () => `(NOT ${this.of('boolean', depth)})`,
      () => `(${this.of('boolean', depth)} ${random.pick(['AND', 'OR'])} ${this.of('boolean', depth)})`,
    );
  }

  private call(signature: Signature, family: Family, depth: number): string {
    const { name, returns, parameters } = signature;
    const letters = new Map<string, Family>(/^[A-Z]$/.test(returns) ? [[returns, family]] : []);
    const args = parameters.flatMap(({ pattern, variadic }) =>
      Array.from({ length: variadic ? 1 + Math.floor(this.random.next() * 2) : 1 }, () => this.argument(name, pattern, letters, depth)));
    return `${name}(${args.join(', ')})`;
  }

  private argument(name: string, pattern: Pattern, letters: Map<string, Family>, depth: number): string {
    const { random } = this;
    switch (pattern.kind) {
      case 'literal':
        return `'${random.pick(MEANINGS[pattern.meaning] ?? [''])}'`;
      case 'any': {
        const bound = letters.get(pattern.name) ?? (pattern.array ? random.pick(['bigint', 'varchar'] as const) : random.pick([...NUMBERS, 'varchar', 'date'] as const));
        letters.set(pattern.name, bound);
        return pattern.array ? this.leaf(bound === 'varchar' ? 'array(varchar)' : 'array(bigint)') : this.of(bound, depth);
      }
      case 'type':
        if (pattern.type.kind === 'days' || pattern.type.kind === 'months') return `INTERVAL '${random.pick(['1', '3'])}' ${pattern.type.kind === 'days' ? 'DAY' : 'MONTH'}`;
        return this.typed(name, pattern.type.kind === 'array' ? 'array(varchar)' : (pattern.type.kind as Family), depth);
      default:
        return this.of(pattern.kind, depth);
    }
  }

  private typed(name: string, family: Family, depth: number): string {
    const whole = family === 'bigint' || family === 'integer';
    if (whole && SMALL_NUMBERS.has(name)) return this.random.pick(['1', '2', '-1', '-2', '5', '66']);
    if (whole && name === 'date_add') return this.random.pick(['1', '-1', '13', 'i % 100', 'j']);
    if (whole && name === 'sequence') return this.random.pick(['1', 'j', '5', '-2']);
    return this.of(family, depth);
  }
}

function familyOf(type: string): Family {
  if (type.startsWith('decimal')) return 'decimal';
  if (type.startsWith('timestamp')) return type.includes('zone') ? 'instant' : 'timestamp';
  return type as Family;
}
