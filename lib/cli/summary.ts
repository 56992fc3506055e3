// What a person sees of a run: what landed, what was computed, what was proved, what to do next.
import type { RunReport } from '../local/index.ts';
import type { Engine, QueryResult } from '../warehouse/index.ts';
import { fileLine } from './file-line.ts';
import { bar, number, paint, seconds, sparkline, table, type Terminal } from './terminal.ts';

/** The counts, layer by layer, as in an account book. */
export function printRun(terminal: Terminal, report: RunReport): void {
  const { files, models } = report;
  const line = (name: string, text: string) => terminal.out(`  ${name.padEnd(9)} ${text}\n`);
  if (files.files > 0) {
    line('landing', `${number(files.files)} files`.padEnd(24) + `${number(files.rows)} new rows`);
    line('bronze', `${bar(files.rows === 0 ? 1 : files.accepted / files.rows)} ${number(files.accepted)}   accepted ${number(files.accepted)} · quarantined ${number(files.rejected)} · files seen before ${number(files.seenBefore)}${files.refused > 0 ? paint(terminal, 'red', ` · refused ${files.refused}`) : ''}`);
  }
  for (const layer of new Set(models.map(({ model }) => model.split('.')[0] ?? ''))) {
    const ofLayer = models.filter(({ model }) => model.startsWith(`${layer}.`));
    const count = (status: string) => ofLayer.filter((model) => model.status === status).length;
    const audits = ofLayer.reduce((sum, { passes }) => sum + passes, 0);
    const warnings = ofLayer.reduce((sum, one) => sum + one.warnings.length, 0);
    const parts = [
      `${count('published')} published`, ...(count('skipped') > 0 ? [`${count('skipped')} unchanged`] : []),
      ...(count('failed') + count('blocked') > 0 ? [paint(terminal, 'red', `${count('failed')} failed, ${count('blocked')} held back`)] : []),
      ...(audits > 0 ? [`${number(audits)} audits passed${warnings > 0 ? paint(terminal, 'yellow', `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`) : ''}`] : []),
    ];
    line(layer, `${`${ofLayer.length} models`.padEnd(24)}${parts.join(' · ')}`);
  }
  printLedger(terminal, report);
  for (const file of report.refused) terminal.out(`${fileLine(terminal, file)}\n`);
  for (const model of models.filter(({ status }) => status === 'failed' || status === 'blocked')) {
    terminal.out(`\n  ${paint(terminal, 'red', '✖')} ${model.model} ${model.status === 'failed' ? 'failed' : 'was held back'}: ${model.reason}\n`);
  }
  const warnings = models.flatMap(({ model, warnings: found }) => found.map(({ audit, failures }) => [paint(terminal, 'yellow', '!'), model, number(failures), audit]));
  if (warnings.length > 0) terminal.out(`\n${table(terminal, ['', 'warnings', 'rows', 'audit'], warnings, { indent: 2 })}`);
  if (report.error !== undefined && !models.some(({ status }) => status === 'failed')) terminal.out(`\n  ${paint(terminal, 'red', '✖')} ${report.error.error.startsWith('Millrace.') ? '' : `${report.error.error}: `}${report.error.cause}\n`);
  terminal.out(`\n  run ${report.runId} ${report.status} in ${seconds(report.milliseconds)}${report.asOf === undefined ? '' : `, as of ${report.asOf}`}\n`);
}

function printLedger(terminal: Terminal, { ledger }: RunReport): void {
  if (ledger.length === 0) return;
  const wrong = ledger.filter(({ reconciles }) => !reconciles);
  const sum = (step: string, part?: string) => ledger.filter((one) => one.step === step).reduce((total, one) => total + Number(part === undefined ? one.expected : (one.parts[part] ?? 0)), 0);
  const rules = [...new Set(ledger.filter(({ step }) => step === 'silver').flatMap(({ parts }) => Object.keys(parts)))].filter((name) => name !== 'silver');
  const dropped = rules.map((rule) => [rule, sum('silver', rule)] as const).filter(([, n]) => n > 0);
  const files = `${number(sum('files'))} = ${number(sum('files', 'bronze'))} + ${number(sum('files', 'quarantined'))}`;
  const silver = `${number(sum('silver'))} = ${number(sum('silver', 'silver'))} + ${number(dropped.reduce((total, [, n]) => total + n, 0))}`;
  const why = dropped.length === 0 ? '' : ` (${dropped.map(([rule, n]) => `${rule} ${number(n)}`).join(', ')})`;
  terminal.out(`  ${'ledger'.padEnd(9)} ${wrong.length === 0 ? paint(terminal, 'green', 'reconciles') : paint(terminal, 'red', `${wrong.length} counts do not reconcile`)}: ${files}, and ${silver}${why}\n`);
}

/** A look at some gold tables, those that are there. */
export async function printGold(terminal: Terminal, engine: Engine, has: (table: string) => Promise<boolean>): Promise<void> {
  if (await has('gold.daily_metrics')) {
    const { rows } = await engine.query('SELECT CAST(revenue AS double) FROM (SELECT order_date, revenue FROM gold.daily_metrics ORDER BY order_date DESC LIMIT 30) AS latest ORDER BY order_date');
    if (rows.length > 1) terminal.out(`\n  gold.daily_metrics   revenue, last ${rows.length} days   ${sparkline(rows.map(([value]) => Number(value)))}\n`);
  }
  if (await has('gold.customer_metrics')) {
    section(terminal, 'gold.customer_metrics', await engine.query('SELECT segment, count(*) AS customers, sum(monetary_value) AS revenue FROM gold.customer_metrics GROUP BY segment ORDER BY revenue DESC, segment'));
  }
  if (await has('gold.category_metrics')) {
    section(terminal, 'gold.category_metrics', await engine.query('SELECT category, orders, revenue, CAST(avg_review_score AS decimal(4, 2)) AS avg_review_score FROM gold.category_metrics ORDER BY revenue DESC, category LIMIT 5'));
  }
}

function section(terminal: Terminal, title: string, { columns, rows }: QueryResult): void {
  if (rows.length === 0) return;
  const text = (value: unknown) => (value === null ? '' : /^-?\d+\.\d{4}$/.test(String(value)) ? number(String(value).slice(0, -2)) : /^-?\d+$/.test(String(value)) ? number(String(value)) : String(value));
  terminal.out(`\n  ${title}\n${table(terminal, columns.map(({ name }) => name), rows.map((row) => row.map(text)), { indent: 4 })}`);
}
