// The sample through ingest: file by file, what lands and what is quarantined is what truth.json says.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../lib/base/index.ts';
import { loadContracts } from '../../lib/contracts/index.ts';
import { discoverLanding, ingestFiles, openKeyFolder, type FileReport, type IngestReport } from '../../lib/ingest/index.ts';
import { openFolderLake } from '../../lib/lake/index.ts';
import { Database } from '../../lib/lake/duckdb/index.ts';
import { makeSample, type Sample } from './support.ts';

let sample: Sample;
let report: IngestReport;
let files: Map<string, FileReport>;
const home = mkdtempSync(join(tmpdir(), 'millrace-sample-home-'));

beforeAll(async () => {
  sample = await makeSample({ profile: 'shop', scale: 0.2, defectRate: 0.02, brokenFiles: true });
  mkdirSync(join(home, 'tmp'));
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', temporaryFolder: join(home, 'tmp') });
  const contracts = await loadContracts(join(import.meta.dirname, '../../contracts'));
  report = await ingestFiles(
    {
      lake: openFolderLake(join(home, 'lake')),
      database,
      contracts,
      keys: openKeyFolder(join(home, 'keys')),
      clock: systemClock,
      temporaryFolder: join(home, 'tmp'),
    },
    await discoverLanding(sample.out, contracts),
  );
  files = new Map(report.files.map((file) => [file.file, file]));
  database.close();
}, 120_000);
afterAll(() => {
  sample.dispose();
  rmSync(home, { recursive: true, force: true });
});

describe('a sample that is ingested', () => {
  it('lands file by file with the rows, reasons and identity that truth.json states', () => {
    for (const { file, rows, bad, sha256, planted } of Object.values(sample.truth.sources).flatMap((source) => source.files)) {
      const reasons: Record<string, number> = {};
      for (const { reason, rows: where } of planted)
        if (reason !== undefined) reasons[reason] = (reasons[reason] ?? 0) + where.length;
      expect(files.get(file), file).toMatchObject({
        status: 'landed',
        rows,
        rejected: bad,
        accepted: rows - bad,
        reasons,
        fileId: sha256,
      });
    }
  });

  it('refuses the files that are broken as a whole, and lands the others', () => {
    expect(sample.truth.broken_files.length).toBe(5);
    for (const { file, expected } of sample.truth.broken_files)
      expect(files.get(file)?.status, file).toBe(expected === 'refused' ? 'failed' : expected);
  });

  it('adds up to the sum of all sources', () => {
    const sum = (what: 'rows' | 'accepted' | 'rejected') =>
      Object.values(sample.truth.sources).reduce((total, source) => total + source[what], 0);
    expect(report.totals).toMatchObject({ rows: sum('rows'), accepted: sum('accepted'), rejected: sum('rejected') });
  });
});
