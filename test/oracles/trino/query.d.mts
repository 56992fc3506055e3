// Types of query.mjs for tests in TypeScript.
export interface TrinoSession { base: string; catalog: string; schema: string | undefined; user: string; timeZone: string }
export interface TrinoOptions { host?: string; port?: number; catalog?: string; schema?: string; user?: string; timeZone?: string; session?: TrinoSession; signal?: AbortSignal }
export interface TrinoResult { columns: { name: string; type: string }[]; rows: unknown[][]; updateType?: string; updateCount?: number }

export declare class TrinoError extends Error {
  readonly type: string;
  readonly sql: string;
}
export declare function createSession(options?: TrinoOptions): TrinoSession;
export declare function query(sql: string, options?: TrinoOptions): Promise<TrinoResult>;
export declare function splitStatements(script: string): string[];
export declare function registerTable(
  options: { location: string; table: string; schema?: string; metadataFile?: string } & TrinoOptions,
): Promise<{ name: string; metadataFile: string; location: string }>;
export declare function unregisterTable(options: { table: string; schema?: string } & TrinoOptions): Promise<void>;
