// The rows of data files as a relation in DuckDB SQL.
import { MillraceError } from '../../base/index.ts';
import type { Field, PartitionSpec, ScanFile, Schema, Value } from '../types.ts';
import { deletedRows } from './deletes.ts';
import { readFileSchema, type FileField } from './footer.ts';
import { localPath, pathList } from './local-path.ts';
import { hasIds, NAME_MAPPING_PROPERTY, nameMappingOf, withMappedIds, type MappedField } from './name-mapping.ts';
import { isReadById, rebuild } from './projection.ts';
import { duckType, quoteName, quoteText, textList, valueLiteral } from './sql-text.ts';

export interface ScanSource {
  /** The schema in which rows are wanted. */
  schema: Schema;
  files: readonly ScanFile[];
  /** Specs of the files: a column that is missing from a file and is an identity partition has the partition's value. */
  specs?: readonly PartitionSpec[];
  /** Table properties: a name mapping serves files without field ids. */
  properties?: Readonly<Record<string, string>>;
  /** Where on this machine the file of a path lies; default: at that path. */
  locate?: (path: string) => string;
}

export interface ScanSqlOptions {
  /** Names of columns; default: all of the schema, in its order. */
  columns?: readonly string[];
  /** Adds `"$path"` (text, as in the manifest) and `"$pos"` (BIGINT, 0-based place in the file). */
  withPosition?: boolean;
}

const PATH = '"$path"';
const POSITION = '"$pos"';

/**
 * A SELECT over data files on the local disk, with the columns of the schema by field id whatever the files call them: added columns
 * are NULL, dropped ones gone, types widened, rows that position deletes name left out. To be used as `FROM (…)`. The footers of files
 * that this process has not seen yet are read.
 *
 * Throws `unsupported` for a file without field ids in a table without a name mapping (its columns would all be NULL), and for a file
 * that is not on this machine.
 */
export function scanSql(source: ScanSource, options: ScanSqlOptions = {}): string {
  const fields = options.columns === undefined ? source.schema.fields : options.columns.map((name) => fieldNamed(source.schema, name));
  if (source.files.length === 0) return emptyRelation(fields, options);
  const mapping = source.properties === undefined ? undefined : nameMappingOf(source.properties);
  const groups = new Map<string, FileGroup>();
  for (const file of source.files) {
    const plan = planOf(file, fields, source, mapping);
    const key = `${file.positionDeletes.length > 0}|${plan.key}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { plan, files: [file] });
    else group.files.push(file);
  }
  return Array.from(groups.values(), (group) => groupSql(group, fields, source, options)).join('\nUNION ALL\n');
}

function fieldNamed(schema: Schema, name: string): Field {
  const field = schema.fields.find((each) => each.name.toLowerCase() === name.toLowerCase());
  if (field !== undefined) return field;
  throw new MillraceError('not_found', `there is no column ${name}`, { todo: `The columns are ${schema.fields.map((each) => each.name).join(', ')}.` });
}

function emptyRelation(fields: readonly Field[], options: ScanSqlOptions): string {
  const columns = fields.map((field) => `CAST(NULL AS ${duckType(field.type)}) AS ${quoteName(field.name)}`);
  if (options.withPosition === true) columns.push(`CAST(NULL AS VARCHAR) AS ${PATH}`, `CAST(NULL AS BIGINT) AS ${POSITION}`);
  return `SELECT ${columns.join(', ')} WHERE FALSE`;
}

/** How files of one shape are read: by DuckDB's projection by id, or (`byName`) column by column from what they call them. */
interface FilePlan {
  key: string;
  fileFields: readonly FileField[];
  byName: boolean;
  /** Ids of the columns whose value is the partition's. */
  fromPartition: ReadonlySet<number>;
}

interface FileGroup { plan: FilePlan; files: ScanFile[] }

function planOf(scanFile: ScanFile, fields: readonly Field[], source: ScanSource, mapping: readonly MappedField[] | undefined): FilePlan {
  const { file } = scanFile;
  const locate = source.locate ?? localPath;
  if (file.format !== 'PARQUET') throw new MillraceError('unsupported', `data files in ${file.format} cannot be read; Parquet can`, { where: file.path });
  const found = readFileSchema(locate(file.path));
  const isIdentified = hasIds(found.fields);
  if (!isIdentified && mapping === undefined) {
    throw new MillraceError('unsupported', 'a data file has no field ids, so that its columns cannot be told', {
      where: file.path, todo: `Set the table property ${NAME_MAPPING_PROPERTY}.`,
    });
  }
  const fileFields = isIdentified || mapping === undefined ? found.fields : withMappedIds(found.fields, mapping);
  const byId = new Map(fileFields.map((field) => [field.id, field]));
  const fromPartition = new Set(fields.filter((field) => !byId.has(field.id) && isIdentityPartition(field, file.specId, source)).map((field) => field.id));
  const byName = !isIdentified || !fields.every((field) => isReadById(field, byId.get(field.id)));
  const key = `${byName ? found.signature : ''}|${[...fromPartition].join()}`;
  return { key, fileFields, byName, fromPartition };
}

function isIdentityPartition(field: Field, specId: number, source: ScanSource): boolean {
  return identityIndex(field, specId, source) >= 0;
}

function identityIndex(field: Field, specId: number, source: ScanSource): number {
  const spec = source.specs?.find((each) => each['spec-id'] === specId);
  return spec?.fields.findIndex((each) => each['source-id'] === field.id && each.transform === 'identity') ?? -1;
}

function groupSql(group: FileGroup, fields: readonly Field[], source: ScanSource, options: ScanSqlOptions): string {
  const { plan, files } = group;
  const locate = source.locate ?? localPath;
  const hasDeletes = files.some((file) => file.positionDeletes.length > 0);
  const needsPosition = hasDeletes || options.withPosition === true;
  const columns = fields.map((field) => `${columnSql(field, plan, files, source)} AS ${quoteName(field.name)}`);
  if (options.withPosition === true) columns.push(`${pathSql(files, locate)} AS ${PATH}`, `file_row_number::BIGINT AS ${POSITION}`);
  const paths = pathList(files.map(({ file }) => locate(file.path)));
  const reader = plan.byName
    ? `read_parquet(${paths})`
    : `read_parquet(${paths}, schema = MAP {${schemaEntries(fields).join(', ')}})`;
  if (needsPosition && plan.byName) refuseVirtualNames(plan.fileFields, files);
  const rows = `SELECT ${columns.join(', ')} FROM ${reader}`;
  if (!hasDeletes) return rows;
  return `${rows} AS "$rows" ANTI JOIN (${deletedRows(files, locate)}) AS "$deleted" `
    + `ON "$rows".file_index::BIGINT = "$deleted".file AND "$rows".file_row_number::BIGINT = "$deleted".position`;
}

/** The name that a column has between the reader and the select list; no name of a virtual column, whatever the table calls it. */
function internalName(field: Field): string {
  return `c${field.id}`;
}

function schemaEntries(fields: readonly Field[]): string[] {
  const entry = (id: number, type: string): string => `${id}: {name: 'c${id}', type: ${quoteText(type)}, default_value: NULL}`;
  // Where no column is wanted, one that no file has.
  return fields.length === 0 ? [entry(0, 'INTEGER')] : fields.map((field) => entry(field.id, duckType(field.type)));
}

function columnSql(field: Field, plan: FilePlan, files: readonly ScanFile[], source: ScanSource): string {
  if (plan.fromPartition.has(field.id)) return partitionValues(field, files, source);
  if (!plan.byName) return internalName(field);
  const fileField = plan.fileFields.find((each) => each.id === field.id);
  return rebuild(field.type, fileField, fileField === undefined ? '' : quoteName(fileField.name), field.name);
}

function partitionValues(field: Field, files: readonly ScanFile[], source: ScanSource): string {
  const { type } = field;
  if (typeof type !== 'string') throw new MillraceError('bad_input', `the nested column ${field.name} cannot be a partition`);
  const valueOf = ({ file }: ScanFile): Value | null => file.partition[identityIndex(field, file.specId, source)] ?? null;
  const values = files.map((file) => {
    const value = valueOf(file);
    return value === null ? 'NULL' : valueLiteral(type, value);
  });
  return `CAST([${values.join(', ')}][file_index::BIGINT + 1] AS ${duckType(type)})`;
}

/** The path as the manifest has it, which is not always how the file is opened. */
function pathSql(files: readonly ScanFile[], locate: (path: string) => string): string {
  if (files.every(({ file }) => locate(file.path) === file.path)) return 'filename';
  return `${textList(files.map(({ file }) => file.path))}[file_index::BIGINT + 1]`;
}

/** A file's own column of such a name would hide the virtual one. */
function refuseVirtualNames(fields: readonly FileField[], files: readonly ScanFile[]): void {
  const hidden = fields.find((field) => ['filename', 'file_index', 'file_row_number'].includes(field.name.toLowerCase()));
  if (hidden === undefined) return;
  throw new MillraceError('unsupported', `the positions of rows cannot be told in a file with a column named ${hidden.name} that must be read by its names`, {
    where: files[0]?.file.path,
  });
}
