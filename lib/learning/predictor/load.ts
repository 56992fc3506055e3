// The predictors of a project: a file each, with its training set beside it.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError } from '../../base/index.ts';
import { isPredictor, type Predictor } from './types.ts';

export interface LoadedPredictor extends Predictor {
  /** The SELECT of the training set, in Athena's dialect. */
  sql: string;
  file: string;
}

/** All predictors of a folder, by name; no folder means none. @throws `bad_input` naming the file and the remedy. */
export async function loadPredictors(folder: string): Promise<ReadonlyMap<string, LoadedPredictor>> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => /\.m?[jt]s$/.test(file) && !/\.(d|test)\.m?[jt]s$/.test(file)).sort();
  const found = new Map<string, LoadedPredictor>();
  for (const file of files) {
    const place = path.join(folder, file);
    const module = (await import(pathToFileURL(place).href).catch((cause: unknown) => {
      throw new MillraceError('bad_input', `${file} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, { where: place, ...(cause instanceof MillraceError && cause.todo !== undefined ? { todo: cause.todo } : {}), cause });
    })) as Record<string, unknown>;
    const declared = Object.values(module).filter(isPredictor);
    if (declared.length === 0) throw new MillraceError('bad_input', `${file} declares no predictor`, { where: place, todo: 'Export predictor(…).' });
    for (const one of declared) {
      const sqlFile = path.join(folder, `${one.name}.sql`);
      const sql = await readFile(sqlFile, 'utf8').catch((cause: unknown) => {
        throw new MillraceError('bad_input', `the predictor ${one.name} has no training set`, { where: sqlFile, todo: 'Write its SELECT there.', cause });
      });
      const other = [...found.values()].find(({ name, writes }) => name !== one.name && writes === one.writes);
      if (other !== undefined) throw new MillraceError('bad_input', `the predictors ${other.name} and ${one.name} both write ${one.writes}`, { where: place, todo: 'Each replaces the whole of its table: give one of them another in writes.' });
      if (found.has(one.name)) throw new MillraceError('bad_input', `there are two predictors ${one.name}`, { where: place, todo: 'Rename one.' });
      found.set(one.name, { ...one, sql, file: place });
    }
  }
  return found;
}
