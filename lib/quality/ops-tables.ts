// The tables of the operation itself: ordinary tables of the lake, readable by any engine.
import type { TableDefinition } from '../lake/index.ts';

/** One row a run of a workflow, written when it ends. */
export const OPS_RUNS: TableDefinition = {
  columns: [
    { name: 'run_id', type: 'string', required: true, doc: 'UUID of version 7: sorts by start, as the clock had it' },
    { name: 'workflow', type: 'string', required: true },
    { name: 'status', type: 'string', required: true, doc: 'succeeded, failed' },
    { name: 'started_at', type: 'timestamp', required: true, doc: 'UTC' },
    { name: 'ended_at', type: 'timestamp', required: true, doc: 'UTC' },
    { name: 'as_of', type: 'date', doc: 'What the models counted up to, exclusive' },
    { name: 'published', type: 'long', required: true, doc: 'Models published' },
    { name: 'skipped', type: 'long', required: true, doc: 'Models whose sources and definition had not changed' },
    { name: 'failed', type: 'long', required: true, doc: 'Models that failed, or read one that did' },
    { name: 'failure', type: 'string', doc: 'Error and cause of a failed run' },
    { name: 'version', type: 'string', required: true, doc: 'Version of Millrace' },
    { name: 'number', type: 'long', doc: 'Counts up by one a run: tells which came last, whatever the clock says' },
  ],
  sortBy: ['run_id'],
};

/** One row a person whose rows were deleted: the receipt. It names nobody. */
export const OPS_FORGOTTEN: TableDefinition = {
  columns: [
    { name: 'receipt_id', type: 'string', required: true },
    { name: 'source', type: 'string', required: true },
    { name: 'identified_by', type: 'string', required: true, doc: 'JSON: column → keyed hash of the value, so that who knows the value and has the key can check it' },
    { name: 'bronze_rows', type: 'long', required: true, doc: 'Rows deleted from bronze' },
    { name: 'rejected_rows', type: 'long', required: true, doc: 'Records deleted from the quarantine' },
    { name: 'remaining_rows', type: 'long', required: true, doc: 'Rows that were found afterwards: 0' },
    { name: 'run_id', type: 'string', doc: 'The run that computed the models anew' },
    { name: 'tables', type: 'string', required: true, doc: 'JSON: tables whose older snapshots, and the files of these, were deleted' },
    { name: 'left', type: 'string', required: true, doc: 'JSON: what is not in the power of this command, in words' },
    { name: 'asked_at', type: 'timestamp', required: true, doc: 'UTC' },
    { name: 'done_at', type: 'timestamp', required: true, doc: 'UTC' },
  ],
};

/** One row an audit that ran. */
export const OPS_AUDITS: TableDefinition = {
  columns: [
    { name: 'run_id', type: 'string', required: true },
    { name: 'model', type: 'string', required: true },
    { name: 'audit', type: 'string', required: true, doc: 'Name and arguments: not_null(segment)' },
    { name: 'severity', type: 'string', required: true, doc: 'block, warn' },
    { name: 'passed', type: 'boolean', required: true },
    { name: 'failures', type: 'long', required: true, doc: 'Rows that the audit returned' },
    { name: 'description', type: 'string', required: true },
    { name: 'sample', type: 'string', doc: 'JSON: some of those rows' },
    { name: 'audited_at', type: 'timestamp', required: true, doc: 'UTC' },
  ],
};

/** One row a count that was proved, or was not, in a run. */
export const OPS_LEDGER: TableDefinition = {
  columns: [
    { name: 'run_id', type: 'string', required: true },
    { name: 'step', type: 'string', required: true, doc: 'files: rows of files = bronze + quarantined. silver: bronze = silver + dropped by rule. gold: sums against their sources' },
    { name: 'subject', type: 'string', required: true, doc: 'Source or table' },
    { name: 'expected', type: 'string', required: true, doc: 'Left side; a number as text' },
    { name: 'actual', type: 'string', required: true, doc: 'Right side' },
    { name: 'reconciles', type: 'boolean', required: true },
    { name: 'parts', type: 'string', required: true, doc: 'JSON: what the right side is made of, by name' },
    { name: 'proved_at', type: 'timestamp', required: true, doc: 'UTC' },
  ],
};
