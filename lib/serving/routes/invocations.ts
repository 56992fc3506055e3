// MLflow's scoring protocol (https://mlflow.org/docs/latest/genai/serving): /ping, /health, /version, /invocations.
import { Type, type Static } from '@sinclair/typebox';
import { parseCsv, valueOf } from '../csv.ts';
import { parsePythonJson } from '../json.ts';
import { notFound, invalid, Problem, type InvalidField } from '../problem.ts';
import type { Cell as CellValue, Row as RowValue } from '../model-inputs.ts';
import { predict, tooManyRows } from '../predict.ts';
import { route } from '../route.ts';
import { Cell, OrNull, Row } from '../schemas.ts';

const Lists = Type.Array(Type.Array(Cell));
const Columns = Type.Record(Type.String(), Type.Array(Cell));
const Body = Type.Object({
  dataframe_split: Type.Optional(Type.Object({
    columns: Type.Optional(Type.Array(Type.String())), data: Lists, index: Type.Optional(Type.Array(Type.Unknown())),
  }, { additionalProperties: false, description: 'Columns, and a list a row; without columns, those of the model in its order.' })),
  dataframe_records: Type.Optional(Type.Array(Row, { description: 'An object a row.' })),
  instances: Type.Optional(Type.Union([Type.Array(Row), Lists, Columns], { description: 'Objects, lists in the order of the model, or a list a column.' })),
  inputs: Type.Optional(Type.Union([Type.Array(Row), Lists, Columns], { description: 'The same.' })),
  params: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()], { description: 'No predictor has any: they are ignored.' })),
}, { description: 'Exactly one of dataframe_split, dataframe_records, instances, inputs.' });

/** How many wrong rows, or columns, a refusal names. */
const MOST_TOLD = 20;

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

/** What a form says, row by row, and where in it a cell stands. */
interface FormRows { rows: RowValue[]; pointerOf(row: number, column: string): string }

/** Columns in the order of the model, which lists without names have, and those of them that are ids. */
interface ModelColumns { inputs: readonly string[]; entities: readonly string[] }

/** CSV has no types: it is taken as `dataframe_split`, its texts as numbers where the model wants numbers. */
const CSV = Symbol('from CSV');

export const invocationsRoute = route({
  method: 'post', path: '/invocations', tag: 'MLflow',
  summary: "Score rows, in MLflow's four forms",
  description: 'JSON as MLflow\'s clients send it (missing values may be written `NaN`), or `text/csv` with a header. Where some predictions do not come from the model, `fallbacks` says of which rows, and why.',
  query: { predictor: { description: 'Which predictor; default: the one of the settings.', schema: Type.String({ minLength: 1 }) } },
  scope: () => 'predict',
  body: Body,
  reads: {
    'application/json': parsePythonJson,
    'text/csv': (text) => ({ dataframe_split: parseCsv(text), [CSV]: true }),
  },
  answer: Type.Object({
    predictions: Type.Array(OrNull(Type.Number())),
    fallbacks: Type.Optional(Type.Array(Type.Object({ row: Type.Integer({ description: 'From 0 on.' }), reason: Type.String() }), { description: 'Rows whose prediction does not come from the model; missing where all do.' })),
  }),
  problems: { 404: 'There is no such predictor.', 413: 'Too many rows or bytes.' },
  example: { dataframe_split: { columns: ['visitorid', 'itemid'], data: [['257597', '355908']] } },
  async handle(context, { body, query, key }) {
    const predictor = query['predictor'] ?? context.defaultPredictor;
    if (predictor === undefined) throw notFound('default predictor', 'name one: /invocations?predictor=churn');
    const model = context.models.find(predictor, 'champion');
    const { rows, pointerOf } = rowsOf(body, { inputs: model?.inputs.map(({ name }) => name) ?? [], entities: model?.entities ?? [] });
    tooManyRows(rows.length, context.limits.rows);
    const scored = await Promise.resolve().then(() => predict(context, { predictor, rows, key: key! })).catch((thrown: unknown) => {
      throw thrown instanceof Problem ? pointedAt(thrown, pointerOf) : thrown;
    });
    const fallbacks = scored.flatMap(({ reason }, row) => (reason === null ? [] : [{ row, reason }]));
    return { predictions: scored.map(({ score }) => score), ...(fallbacks.length === 0 ? {} : { fallbacks }) };
  },
});

/** Rows of any of the four forms. @throws Problem 400 that names the form and what is wrong with it. */
function rowsOf(body: Static<typeof Body>, columns: ModelColumns): FormRows {
  const given = FORMS.filter((form) => body[form] !== undefined);
  if (given.length !== 1) throw invalid(`the body has exactly one of ${FORMS.join(', ')}; this one has ${given.join(' and ') || `none, but ${Object.keys(body).slice(0, 5).join(', ') || 'nothing'}`}`);
  if (body.dataframe_split !== undefined) return fromSplit(body.dataframe_split, columns, CSV in body);
  const [form = 'inputs'] = given;
  const value = body[form] as Static<typeof Row>[] | CellValue[][] | Record<string, CellValue[]>;
  if (!Array.isArray(value)) return fromArrays(value, form);
  if (value.length === 0) throw invalid(`/${form} has no rows`);
  const lists = value.filter((row): row is CellValue[] => Array.isArray(row));
  if (lists.length === 0) return { rows: value as RowValue[], pointerOf: (row, column) => `/${form}/${row}/${column}` };
  return fromLists(columns.inputs, lists, `/${form}`);
}

function fromSplit({ columns, data }: NonNullable<Static<typeof Body>['dataframe_split']>, model: ModelColumns, isCsv: boolean): FormRows {
  const names = columns ?? model.inputs;
  const seen = new Set<string>();
  const twice = names.find((name) => seen.size === seen.add(name).size);
  if (twice !== undefined) throw invalid(`the column ${twice} is there twice`, [{ pointer: isCsv ? 'line 1' : '/dataframe_split/columns', detail: 'expected each column once' }]);
  if (!isCsv) return fromLists(names, data, '/dataframe_split/data', columns === undefined ? undefined : '/dataframe_split/columns');
  const isInput = names.map((name) => model.inputs.includes(name) && !model.entities.includes(name));
  const { rows } = fromLists(names, data.map((row) => row.map((cell, at) => (isInput[at] === true ? valueOf(cell as string) : cell))), 'the CSV');
  return { rows, pointerOf: (row, column) => (names.includes(unescaped(column)) ? `row ${row + 1}, ${unescaped(column)}` : 'line 1') };
}

/** `named`: where the columns are named. */
function fromLists(columns: readonly string[], data: readonly (readonly CellValue[])[], where: string, named?: string): FormRows {
  if (data.length === 0) throw invalid(`${where} has no rows`);
  // Both may be as many as a body has room for: no more of either is written down than anybody reads.
  const listed = columns.length > MOST_TOLD ? `${columns.slice(0, MOST_TOLD).join(', ')}, …` : columns.join(', ');
  const errors: InvalidField[] = [];
  for (let row = 0; row < data.length && errors.length < MOST_TOLD; row++) {
    const { length } = data[row]!;
    if (length !== columns.length) errors.push({ pointer: `${where}/${row}`, detail: `expected ${columns.length} values (${listed}); got ${length}` });
  }
  if (errors.length > 0) throw invalid('rows and columns do not fit', errors);
  return {
    rows: data.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]!]))),
    pointerOf(row, column) {
      const at = columns.indexOf(unescaped(column));
      return at < 0 ? named ?? `${where}/${row}` : `${where}/${row}/${at}`;
    },
  };
}

/** Of a column each, all of one length. */
function fromArrays(columns: Readonly<Record<string, readonly CellValue[]>>, form: string): FormRows {
  const [first, ...others] = Object.entries(columns);
  if (first === undefined || first[1].length === 0) throw invalid(`/${form} has no rows`);
  const odd = others.find(([, values]) => values.length !== first[1].length);
  if (odd !== undefined) throw invalid(`the columns of /${form} differ in length: ${first[0]} has ${first[1].length}, ${odd[0]} has ${odd[1].length}`);
  return {
    rows: first[1].map((_, row) => Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, values[row]!]))),
    pointerOf: (row, column) => (Object.hasOwn(columns, unescaped(column)) ? `/${form}/${column}/${row}` : `/${form}`),
  };
}

/** Errors of rows, said of the form that they came in. */
function pointedAt({ status, title, detail, errors, headers }: Problem, pointerOf: FormRows['pointerOf']): Problem {
  const moved = errors.map((error) => {
    const [, row, column] = /^\/rows\/(\d+)\/(.*)$/.exec(error.pointer) ?? [];
    return row === undefined ? error : { ...error, pointer: pointerOf(Number(row), column ?? '') };
  });
  return new Problem(status, title, detail, { errors: moved, headers });
}

function unescaped(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~');
}

const text = { tag: 'MLflow', mediaType: 'text/plain; charset=utf-8', answer: Type.String() };
export const pingRoute = route({ ...text, method: 'get', path: '/ping', summary: 'Whether it answers', handle: () => '\n' });
export const healthRoute = route({ ...text, method: 'get', path: '/health', summary: 'Whether it answers', handle: () => '\n' });
export const versionRoute = route({ ...text, method: 'get', path: '/version', summary: 'The version of Millrace', handle: ({ version }) => version });
