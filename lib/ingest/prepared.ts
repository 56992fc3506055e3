// A file that has been read once and found readable: what is known of it before its rows are loaded.
import type { Contract } from '../contracts/index.ts';
import type { Material } from './bytes/material.ts';
import type { CsvHeader } from './csv/header.ts';
import type { CsvScanResult } from './csv/scan.ts';
import type { Shape } from './shape/resolve.ts';

export interface PreparedCsv { format: 'csv'; delimiter: string; header: CsvHeader; shape: Shape; scan: CsvScanResult }
export interface PreparedJson { format: 'jsonl'; skip: number }
export interface PreparedParquet { format: 'parquet'; columns: { name: string; type: string }[]; shape: Shape; rows: number }

export interface PreparedFile {
  contract: Contract;
  material: Material;
  /** Microseconds since 1970, UTC; later in the order of names, so that of two exports the later one wins. */
  ingestedAt: bigint;
  body: PreparedCsv | PreparedJson | PreparedParquet;
}
