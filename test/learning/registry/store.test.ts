// The store of the registry on this machine's disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { LocalFiles } from '../../../lib/lake/index.ts';
import { modelStoreOn } from '../../../lib/learning/index.ts';
import { modelStoreContract } from './contract.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-store-'));
let serial = 0;
afterAll(() => rmSync(folder, { recursive: true, force: true }));

modelStoreContract('a folder', () => modelStoreOn(new LocalFiles(), path.join(folder, String(serial += 1))));
