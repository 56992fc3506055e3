// The Trino of one test file: the one that MILLRACE_TRINO names, as http://127.0.0.1:18080, else one that is started before its tests and stopped after them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startTrino, type TrinoServer } from './trino.ts';

/** What it returns knows the server's address once the tests run. */
export function trinoOfFile(): () => string {
  let address = process.env['MILLRACE_TRINO'];
  let folder: string | undefined;
  let server: TrinoServer | undefined;
  beforeAll(async () => {
    if (address !== undefined) return;
    folder = await mkdtemp(join(tmpdir(), 'millrace-trino-'));
    server = await startTrino(folder);
    address = `http://127.0.0.1:${server.port}`;
  }, 300_000);
  afterAll(async () => {
    await server?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  return () => address!;
}
