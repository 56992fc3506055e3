// Runs a model's audits over the table as it will be, in one query; a second one fetches sample rows of each audit that found something.
import { MillraceError } from '../../base/index.ts';
import type { Contract } from '../../contracts/index.ts';
import { parseQuery } from '../dialect/index.ts';
import { expandSources } from '../models/sources.ts';
import type { AuditUse, Engine, Model, QueryOptions } from '../types.ts';
import type { AuditDefinition } from './definition.ts';
import { auditLabel, renderAudit } from './render.ts';

/** What one audit found; survives a JSON round trip. */
export interface AuditResult {
  model: string;
  /** `not_null(segment)` */
  audit: string;
  severity: AuditUse['severity'];
  passed: boolean;
  /** Rows that the audit returned: what one of them means is in `description`. */
  failures: number;
  description: string;
  /** Some of those rows, values as text. */
  sample: { columns: string[]; rows: (string | null)[][] };
}

const SAMPLE_ROWS = 5;

/** An audit of a model as a SELECT. */
export interface RenderedAudit { use: AuditUse; definition: AuditDefinition; sql: string }

/** Fills in an audit; sources that it reads are written out. */
export function renderUse(use: AuditUse, audits: ReadonlyMap<string, AuditDefinition>, model: Model, sources: ReadonlyMap<string, Contract>): RenderedAudit {
  const definition = audits.get(use.audit);
  if (definition === undefined) throw new MillraceError('not_found', `there is no audit '${use.audit}'`, { where: model.file });
  return { use, definition, sql: expandSources(renderAudit(use, definition, model.name).trim(), sources) };
}

/** Runs audits of a table, in their order. `options.overlays` tells how the table will look. */
export async function runAudits(engine: Engine, table: string, audits: readonly RenderedAudit[], options: QueryOptions = {}): Promise<AuditResult[]> {
  if (audits.length === 0) return [];
  const { rows: [counts = []] } = await engine.query(countingQuery(table, audits.map(({ sql }) => sql)), options);
  const results: AuditResult[] = [];
  for (const [index, { use, definition, sql }] of audits.entries()) {
    const failures = Number(counts[index] ?? 0);
    results.push({
      model: table,
      audit: auditLabel(use),
      severity: use.severity,
      passed: failures === 0,
      failures,
      description: definition.description,
      sample: failures === 0 ? { columns: [], rows: [] } : await sampleOf(engine, sql, options),
    });
  }
  return results;
}

/** One row: how many rows each audit returns. Those that look at one row at a time share one pass over the table. */
function countingQuery(model: string, audits: readonly string[]): string {
  const conditions = audits.map(rowCondition);
  const shared = conditions.flatMap((condition, index) => (condition === undefined ? [] : [`count(CASE WHEN ${condition} THEN 1 END) AS n${index}`]));
  const parts = [
    ...(shared.length === 0 ? [] : [`(SELECT ${shared.join(', ')} FROM ${model}) AS row_audits`]),
    ...audits.flatMap((sql, index) => (conditions[index] === undefined ? [`(SELECT count(*) AS n${index} FROM (${sql}) AS found${index}) AS audit${index}`] : [])),
  ];
  return `SELECT ${audits.map((_, index) => `n${index}`).join(', ')} FROM ${parts.join(' CROSS JOIN ')}`;
}

/** The condition of an audit of the form `SELECT * FROM {{model}} WHERE condition`; undefined for every other form. */
function rowCondition(sql: string): string | undefined {
  const parsed = parseQuery(sql);
  if (!parsed.ok) throw parsed.error;
  const { body, with: commonTables, orderBy, limit, offset } = parsed.tree;
  if (body.kind !== 'select' || commonTables.length > 0 || orderBy.length > 0 || limit !== undefined || offset !== undefined) return undefined;
  const { items, from, where, groupBy, having, distinct } = body;
  const isWholeTable = items.length === 1 && items[0]?.kind === 'all' && from?.kind === 'table' && from.alias === undefined;
  const isPlain = isWholeTable && groupBy.length === 0 && having === undefined && !distinct;
  return isPlain && where !== undefined ? sql.slice(where.at.start, where.at.end) : undefined;
}

async function sampleOf(engine: Engine, sql: string, options: QueryOptions): Promise<AuditResult['sample']> {
  const { columns, rows } = await engine.query(`SELECT * FROM (${sql}) AS found LIMIT ${SAMPLE_ROWS}`, options);
  return {
    columns: columns.map(({ name }) => name),
    rows: rows.map((row) => row.map((value) => (value === null || value === undefined ? null : typeof value === 'object' ? JSON.stringify(value) : String(value)))),
  };
}

/** One line for a person: `unique(order_id): 3 rows. Each row it returns is a key that more than one row has. order_id 17, copies 2; …` */
export function describeFailure({ audit, failures, description, sample }: AuditResult): string {
  const rows = sample.rows.slice(0, 2).map((row) => sample.columns.slice(0, 6).map((column, index) => `${column} ${row[index] ?? 'NULL'}`).join(', '));
  return `${audit}: ${failures} ${failures === 1 ? 'row' : 'rows'}. ${description} ${rows.join('; ')}${failures > 2 ? '; …' : ''}`;
}
