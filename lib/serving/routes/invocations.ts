// MLflow's scoring protocol (https://mlflow.org/docs/latest/genai/serving): /ping, /health, /version, /invocations.
import { Type, type Static } from '@sinclair/typebox';
import { notFound, invalid, type InvalidField } from '../problem.ts';
import type { Cell as CellValue, Row as RowValue } from '../model-inputs.ts';
import { predict, tooManyRows } from '../predict.ts';
import { route } from '../route.ts';
import { Cell, OrNull, Row } from '../schemas.ts';

const Columns = Type.Record(Type.String(), Type.Array(Cell));
const Body = Type.Object({
  dataframe_split: Type.Optional(Type.Object({ columns: Type.Array(Type.String()), data: Type.Array(Type.Array(Cell)), index: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number()]))) })),
  dataframe_records: Type.Optional(Type.Array(Row)),
  instances: Type.Optional(Type.Union([Type.Array(Row), Type.Array(Type.Array(Cell)), Columns])),
  inputs: Type.Optional(Type.Union([Type.Array(Row), Type.Array(Type.Array(Cell)), Columns])),
  params: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
}, { description: 'Exactly one of dataframe_split, dataframe_records, instances, inputs.' });

const FORMS = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

export const invocationsRoute = route({
  method: 'post', path: '/invocations', tag: 'MLflow',
  summary: "Score rows, in MLflow's four forms",
  query: { predictor: { description: 'Which predictor; default: the one of the settings.', schema: Type.String({ minLength: 1 }) } },
  scope: () => 'predict',
  body: Body,
  answer: Type.Object({ predictions: Type.Array(OrNull(Type.Number())) }),
  problems: { 404: 'There is no such predictor.', 413: 'Too many rows or bytes.' },
  example: { dataframe_split: { columns: ['visitorid', 'itemid'], data: [['257597', '355908']] } },
  async handle(context, { body, query, key }) {
    const predictor = query['predictor'] ?? context.defaultPredictor;
    if (predictor === undefined) throw notFound('default predictor', 'name one: /invocations?predictor=churn');
    const rows = rowsOf(body, context.models.find(predictor, 'champion')?.inputs.map(({ name }) => name) ?? []);
    tooManyRows(rows.length, context.limits.rows);
    const scored = await predict(context, { predictor, rows, key: key! });
    return { predictions: scored.map(({ score }) => score) };
  },
});

/** Rows of any of the four forms. @throws Problem 400 that names the form and what is wrong with it. */
export function rowsOf(body: Static<typeof Body>, inputs: readonly string[]): RowValue[] {
  const given = FORMS.filter((form) => body[form] !== undefined);
  if (given.length !== 1) throw invalid(`the body has exactly one of ${FORMS.join(', ')}; this one has ${given.join(' and ') || 'none'}`);
  if (body.dataframe_split !== undefined) return fromColumns(body.dataframe_split.columns, body.dataframe_split.data, '/dataframe_split/data');
  const [form = 'inputs'] = given;
  const value = body[form] as Static<typeof Row>[] | CellValue[][] | Record<string, CellValue[]>;
  if (!Array.isArray(value)) return fromArrays(value, form);
  if (value.length === 0) throw invalid(`/${form} has no rows`);
  const lists = value.filter((row): row is CellValue[] => Array.isArray(row));
  if (lists.length === 0) return value as RowValue[];
  if (lists.length < value.length) throw invalid(`/${form} mixes lists and objects; give all rows in one way`);
  return fromColumns(inputs, lists, `/${form}`);
}

function fromColumns(columns: readonly string[], data: readonly (readonly CellValue[])[], where: string): RowValue[] {
  if (data.length === 0) throw invalid(`${where} has no rows`);
  const errors: InvalidField[] = data.flatMap((row, index) => (row.length === columns.length ? [] : [{ pointer: `${where}/${index}`, detail: `expected ${columns.length} values (${columns.join(', ')}); got ${row.length}` }]));
  if (errors.length > 0) throw invalid('rows and columns do not fit', errors.slice(0, 20));
  return data.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]!])));
}

/** Of a column each, all of one length. */
function fromArrays(columns: Readonly<Record<string, readonly CellValue[]>>, form: string): RowValue[] {
  const [first, ...others] = Object.entries(columns);
  if (first === undefined || first[1].length === 0) throw invalid(`/${form} has no rows`);
  const odd = others.find(([, values]) => values.length !== first[1].length);
  if (odd !== undefined) throw invalid(`the columns of /${form} differ in length: ${first[0]} has ${first[1].length}, ${odd[0]} has ${odd[1].length}`);
  return first[1].map((_, row) => Object.fromEntries(Object.entries(columns).map(([column, values]) => [column, values[row]!])));
}

const text = { tag: 'MLflow', mediaType: 'text/plain; charset=utf-8', answer: Type.String() };
export const pingRoute = route({ ...text, method: 'get', path: '/ping', summary: 'Whether it answers', handle: () => '\n' });
export const healthRoute = route({ ...text, method: 'get', path: '/health', summary: 'Whether it answers', handle: () => '\n' });
export const versionRoute = route({ ...text, method: 'get', path: '/version', summary: 'The version of Millrace', handle: ({ version }) => version });
