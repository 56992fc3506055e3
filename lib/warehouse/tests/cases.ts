// Unit tests of models: the YAML files beside the SQL, read into cases.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMap, LineCounter, parseDocument } from 'yaml';
import { didYouMean } from '../models/near.ts';
import { Problems } from '../models/problem.ts';
import type { Project } from '../models/project.ts';

export type GivenRow = Readonly<Record<string, unknown>>;

/** One named test of a model. */
export interface ModelTest {
  model: string;
  name: string;
  file: string;
  line: number;
  /** Rows by relation, as the SELECT names it (`silver.orders`, `source.orders`) or the bronze table behind a source. */
  given: Readonly<Record<string, readonly GivenRow[]>>;
  /** Values of `:as_of` and the like. */
  parameters: Readonly<Record<string, string>>;
  /** All rows that the SELECT gives, in any order; only the columns that a row names are compared. */
  expect?: readonly GivenRow[];
  /** A part of the message with which the SELECT must fail. */
  expectError?: string;
}

const PARAMETERS = ['as_of', 'from', 'to', 'shop_currency', 'shop_time_zone'] as const;
const KEYS = ['given', 'expect', 'expect_error', ...PARAMETERS] as const;
const ENDING = '.test.yaml';

/** Reads every `<layer>/<table>.test.yaml` below a folder. Throws one `bad_input` that lists what is wrong with them. */
export async function loadModelTests(folder: string, project: Project): Promise<ModelTest[]> {
  const problems = new Problems();
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith(ENDING)).sort();
  const tests: ModelTest[] = [];
  for (const file of files) {
    const path = join(folder, file);
    const [layer = '', ...rest] = file.split(/[/\\]/);
    const model = `${layer}.${(rest.at(-1) ?? '').slice(0, -ENDING.length)}`;
    if (!project.models.has(model)) {
      problems.add(path, 1, `there is no model ${model} to test`, didYouMean(model, project.models.keys()));
      continue;
    }
    tests.push(...readTests(path, model, await readFile(path, 'utf8'), project, problems));
  }
  problems.throwIfAny();
  return tests;
}

function readTests(file: string, model: string, text: string, project: Project, problems: Problems): ModelTest[] {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, intAsBigInt: true });
  for (const error of document.errors) problems.add(file, counter.linePos(error.pos[0]).line, `the tests are not valid YAML: ${error.message}`);
  if (document.errors.length > 0) return [];
  if (!isMap(document.contents)) {
    problems.add(file, 1, 'the file is not a map of named tests', 'write `what the test shows:` and below it given and expect');
    return [];
  }
  return document.contents.items.flatMap((pair): ModelTest[] => {
    const key = pair.key as { range?: [number, number, number] } | null;
    const line = counter.linePos(key?.range?.[0] ?? 0).line;
    const name = String(pair.key);
    const body: unknown = isMap(pair.value) ? pair.value.toJS(document) : undefined;
    if (typeof body !== 'object' || body === null) {
      problems.add(file, line, `the test '${name}' says nothing`, 'give it given and expect');
      return [];
    }
    return readTest({ file, line, model, name }, body as Record<string, unknown>, project, problems);
  });
}

function readTest(at: Pick<ModelTest, 'file' | 'line' | 'model' | 'name'>, body: Record<string, unknown>, project: Project, problems: Problems): ModelTest[] {
  const before = problems.found.length;
  const wrong = (message: string, todo?: string) => problems.add(at.file, at.line, `test '${at.name}': ${message}`, todo);
  for (const key of Object.keys(body)) {
    if (!(KEYS as readonly string[]).includes(key)) wrong(`unknown key '${key}'`, didYouMean(key, KEYS) ?? `known are: ${KEYS.join(', ')}`);
  }
  const model = project.models.get(at.model);
  const readable = [...new Set([...(model?.relations ?? []), ...(model?.reads ?? [])])];
  const given = (body['given'] ?? {}) as Record<string, unknown>;
  for (const [relation, rows] of Object.entries(given)) {
    if (!readable.includes(relation)) wrong(`${at.model} does not read ${relation}`, didYouMean(relation, readable) ?? `it reads ${readable.join(', ')}`);
    if (!isRows(rows ?? [])) wrong(`given ${relation} is not a list of rows`, 'write [{ column: value, … }, …], or [] for none');
  }
  const { expect, expect_error: expectError } = body;
  if ((expect === undefined) === (expectError === undefined)) wrong('a test has either expect or expect_error');
  if (expect !== undefined && !isRows(expect)) wrong('expect is not a list of rows', 'write [{ column: value, … }, …], or [] for none');
  if (problems.found.length > before) return [];
  return [{
    ...at,
    given: Object.fromEntries(Object.entries(given).map(([relation, rows]) => [relation, (rows ?? []) as GivenRow[]])),
    parameters: Object.fromEntries(PARAMETERS.filter((name) => body[name] !== undefined).map((name) => [name, String(body[name])])),
    ...(expect === undefined ? {} : { expect: expect as GivenRow[] }),
    ...(expectError === undefined ? {} : { expectError: String(expectError) }),
  }];
}

function isRows(value: unknown): boolean {
  return Array.isArray(value) && value.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row));
}
