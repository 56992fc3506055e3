// A home made by an earlier version: its tables lack columns that their models have by now, and whatever reads these says so.
import { MillraceError } from '../base/index.ts';
import { tableNameOf } from '../lake/index.ts';
import type { Runtime } from './runtime.ts';

const MISSING = /^there is no column (?:[\w"]+\.)*"?(\w+)"?/;

/** The error itself; where a column was missing that a model makes and its table has not yet, one that says which table and what makes it. */
export async function explainedByOlderTables({ lake, project }: Pick<Runtime, 'lake' | 'project'>, error: unknown): Promise<unknown> {
  const column = error instanceof MillraceError ? MISSING.exec(error.message)?.[1] : undefined;
  if (!(error instanceof MillraceError) || column === undefined) return error;
  const makers = [...(await project()).models.values()].filter(({ columns }) => Object.hasOwn(columns, column));
  const older = (await Promise.all(makers.map(async ({ name }) => {
    const { schema } = await lake.findTable(tableNameOf(name)) ?? {};
    if (schema === undefined) return [];
    return schema.fields.some((field) => field.name === column) ? [] : [name];
  }))).flat();
  if (older.length === 0) return error;
  return new MillraceError(error.code, error.message, {
    ...(error.where === undefined ? {} : { where: error.where }), todo: `${older.join(', ')} ${older.length === 1 ? 'was' : 'were'} made by an earlier version, without ${column}: millrace run batch makes ${older.length === 1 ? 'it' : 'them'} anew.`, cause: error,
  });
}
