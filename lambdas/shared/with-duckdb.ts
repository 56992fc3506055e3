// The parts of the context that open DuckDB: files into bronze, rows into the ops tables.
import path from 'node:path';
import { Database, publishTo } from '../../lib/lake/duckdb/index.ts';
import { OpsLog } from '../../lib/quality/index.ts';
import type { FileParts, FilePartsInput } from './context.ts';
import { bucketFileIngest } from './file-ingest.ts';

export function withDuckDb(input: FilePartsInput): FileParts {
  const { lake, files, scratch } = input;
  const database = lazily(() => Database.open({ temporaryFolder: path.join(scratch, 'spill'), memoryLimit: memoryLimit() }));
  return {
    database,
    ops: new OpsLog({ lake, database, remote: { scratch, upload: (written, folder) => publishTo(files, written, folder) } }),
    ingest: bucketFileIngest({ ...input, database, scratch: path.join(scratch, 'ingest') }),
  };
}

/** Half of what the function has: the rest is Node's, and DuckDB's beyond its own count. */
function memoryLimit(): string {
  return `${Math.floor(Number(process.env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? 2048) / 2)}MB`;
}

/** Opened once; a failure is not remembered. */
function lazily<Value>(open: () => Promise<Value>): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  return () => {
    value ??= open().catch((error: unknown) => {
      value = undefined;
      throw error;
    });
    return value;
  };
}
