// A query made whole: overlays, pinned snapshots and parameters written into its text. The same for both engines.
import { bindParameters, rewriteTables } from '../dialect/index.ts';
import type { QueryOptions } from '../types.ts';

/**
 * SQL that says all: `silver.orders` becomes its overlay, or `silver.orders FOR VERSION AS OF 12` where it is pinned; `:as_of` a literal.
 * What an overlay reads is pinned too, and not overlaid again. Tables with a time travel of their own, and metadata tables, stay.
 */
export function bindQuery(sql: string, { parameters = {}, snapshots = {}, overlays = {} }: QueryOptions = {}): string {
  const overlaid = Object.keys(overlays).length === 0 ? pin(sql, snapshots) : rewriteTables(sql, ({ name, travel, metadata }) => {
    if (travel !== undefined || metadata !== undefined) return undefined;
    const overlay = overlays[name];
    return overlay === undefined ? pinned(name, snapshots) : `(${pin(overlay, snapshots)})`;
  });
  return bindParameters(overlaid, parameters);
}

function pin(sql: string, snapshots: Readonly<Record<string, bigint>>): string {
  if (Object.keys(snapshots).length === 0) return sql;
  return rewriteTables(sql, ({ name, travel, metadata }) => (travel === undefined && metadata === undefined ? pinned(name, snapshots) : undefined));
}

function pinned(name: string, snapshots: Readonly<Record<string, bigint>>): string | undefined {
  const snapshot = snapshots[name];
  return snapshot === undefined ? undefined : `${name} FOR VERSION AS OF ${snapshot}`;
}

/** The database of staging places, in logical names: `staging.<name>`. */
export const STAGING = 'staging';

/** `INSERT INTO "staging"."<name>" SELECT …` */
export function insertStatement(name: string, select: string): string {
  return `INSERT INTO "${STAGING}"."${name}" ${select}`;
}

/** The staging place and the SELECT of a statement from `insertStatement`; undefined for anything else. */
export function parseInsertStatement(statement: string): { name: string; select: string } | undefined {
  const match = /^\s*INSERT INTO "staging"\."(?<name>[a-z0-9_]+)" (?<select>[\s\S]+)$/.exec(statement);
  return match?.groups === undefined ? undefined : { name: match.groups['name'] ?? '', select: match.groups['select'] ?? '' };
}

/** A name for a new staging place: the table's, then what makes it unique, in letters that every catalogue takes. */
export function stagingName(target: string, uuid: string): string {
  return `${target.replace('.', '__')}__${uuid.replaceAll('-', '')}`;
}
