// Planted defects: every one is refused by its contract for the reason that truth.json names, and nothing else is.
import { isUtf8 } from 'node:buffer';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  columnsOf,
  compileValidator,
  failuresOf,
  loadContracts,
  validationPlan,
  type Contracts,
} from '../../lib/contracts/index.ts';
import { PARSE_DEFECTS } from '../../samples/core/planting.ts';
import { DEFECTS } from '../../samples/defects/catalogue.ts';
import { bytesOf, makeSample, recordsOf, type Sample } from './support.ts';

let sample: Sample;
let clickstream: Sample;
let contracts: Contracts;
beforeAll(async () => {
  contracts = await loadContracts(join(import.meta.dirname, '../../contracts'));
  sample = await makeSample({ profile: 'shop', scale: 0.3, defectRate: 0.05 });
  clickstream = await makeSample({ profile: 'retailrocket', scale: 0.01, defectRate: 0.01 });
});
afterAll(() => {
  sample.dispose();
  clickstream.dispose();
});

const parseReasons = PARSE_DEFECTS.map((what) => `parse.${what}`);

describe('planted defects', () => {
  it('have reasons that the contracts know', () => {
    for (const [source, { values, rules = [] }] of Object.entries(DEFECTS)) {
      const contract = contracts.get(source)!;
      const known = new Set(failuresOf(validationPlan(contract)).map(({ reason }) => reason));
      const names = new Map(columnsOf(contract).map(({ header, name }) => [header, name]));
      for (const { column, what } of values) expect(known, source).toContain(`${source}.${names.get(column)}.${what}`);
      for (const { rule } of rules) expect(known, source).toContain(`${source}.${rule}`);
    }
  });

  it('are where truth.json says, for the reason that it says, and nowhere else', () => {
    for (const each of [sample, clickstream]) {
      for (const [source, { files }] of Object.entries(each.truth.sources)) {
        const plan = validationPlan(contracts.get(source)!);
        const validate = compileValidator(plan);
        for (const { file, planted, rows } of files) {
          const expected = new Map(
            planted
              .filter(({ kind }) => kind === 'bad')
              .flatMap(({ reason, rows: numbers }) => numbers.map((row) => [row, reason!] as const)),
          );
          const broken = (row: number) => /unclosed_quote|text_after_quote/.test(expected.get(row) ?? '');
          const { header, rows: records } = recordsOf(bytesOf(each, file), broken);
          expect(records.length, file).toBe(rows);
          for (const { row, fields, raw } of records) {
            // Of big files every planted row, and of the good ones enough.
            if (rows > 50_000 && !expected.has(row) && row % 20 !== 0) continue;
            const found =
              problemOf(header.length, fields, raw) ??
              validate(
                Object.fromEntries(
                  header.map((name, i) => [name, fields[i] === '' ? null : Buffer.from(fields[i]!, 'latin1').toString()]),
                ),
              ).failures[0]?.reason.slice(source.length + 1);
            const wanted = expected.get(row)?.slice(source.length + 1);
            if (found !== wanted) expect.fail(`${file} row ${row}: found ${found}, truth says ${wanted}: ${raw}`);
          }
        }
      }
    }
  });

  it('come at the stated rate', () => {
    const { rows, planted } = Object.values(sample.truth.sources)
      .flatMap(({ files }) => files)
      .reduce(
        (sum, file) => ({
          rows: sum.rows + file.rows,
          planted: sum.planted + file.bad + file.exact_duplicates + file.superseded,
        }),
        { rows: 0, planted: 0 },
      );
    expect(planted / rows).toBeGreaterThan(0.04);
    expect(planted / rows).toBeLessThan(0.06);
  });

  it('can be switched off', async () => {
    const clean = await makeSample({ profile: 'shop', scale: 0.05, defectRate: 0 });
    for (const source of Object.values(clean.truth.sources))
      expect([source.rejected, source.exact_duplicates, source.superseded]).toEqual([0, 0, 0]);
    expect(clean.truth.totals.shop!.events).toMatchObject({ duplicate_ids: 0, repeats_under_another_id: 0 });
    clean.dispose();
  });
});

describe('repeated and superseded rows', () => {
  it('are what silver will drop: the same key again, with the last version last', () => {
    for (const [source, { files, exact_duplicates, superseded, kept }] of Object.entries(sample.truth.sources)) {
      const contract = contracts.get(source)!;
      // Of the first with an id the truth of the clickstream tells; test/models compares it with what silver drops.
      if (contract.duplicates === 'none' || contract.duplicates === 'first') {
        expect([exact_duplicates, superseded]).toEqual([0, 0]);
        continue;
      }
      const versions = new Map<string, string[]>();
      for (const { file, planted } of files) {
        const bad = new Map(
          planted.filter(({ kind }) => kind === 'bad').flatMap(({ reason, rows }) => rows.map((row) => [row, reason!] as const)),
        );
        const { header, rows } = recordsOf(bytesOf(sample, file), (row) => /quote/.test(bad.get(row) ?? ''));
        const key = contract.duplicates === 'row' ? header : contract.key;
        for (const { row, fields } of rows) {
          if (bad.has(row)) continue;
          const id = JSON.stringify(key.map((column) => fields[header.indexOf(column)]));
          versions.set(id, [...(versions.get(id) ?? []), JSON.stringify(fields)]);
        }
      }
      const all = [...versions.values()];
      expect(all.length, source).toBe(kept);
      expect(
        all.reduce((sum, rows) => sum + rows.slice(0, -1).filter((row) => row === rows.at(-1)).length, 0),
        source,
      ).toBe(exact_duplicates);
      expect(
        all.reduce((sum, rows) => sum + rows.slice(0, -1).filter((row) => row !== rows.at(-1)).length, 0),
        source,
      ).toBe(superseded);
    }
  });
});

function problemOf(columns: number, fields: string[], raw: string): string | undefined {
  if (/^"[^"]*"x/.test(raw)) return parseReasons[2];
  if (/,"never closed [^"]*$/.test(raw)) return parseReasons[3];
  if (!isUtf8(Buffer.from(raw, 'latin1'))) return parseReasons[4];
  if (fields.length < columns) return parseReasons[0];
  return fields.length > columns ? parseReasons[1] : undefined;
}
