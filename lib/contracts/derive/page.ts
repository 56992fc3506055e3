// The page of a source for people: what a row is, its columns, and what is refused.
import { bronzeColumns } from './bronze.ts';
import { columnsOf } from '../source.ts';
import { typedColumns } from '../typed/select.ts';
import type { Column, Contract } from '../types.ts';
import { validationPlan } from '../validate/plan.ts';
import { failuresOf } from '../validate/reasons.ts';

/** Markdown. */
export function contractPage(contract: Contract): string {
  const types = new Map(typedColumns(contract).map(({ name, type }) => [name, type]));
  const columns = columnsOf(contract);
  const rules = Object.entries(contract.rules);
  const failures = failuresOf(validationPlan(contract));
  return [
    `# ${contract.name}`,
    contract.description,
    table(['', ''], facts(contract)),
    '## Columns',
    table(['column', 'type', 'required', 'what it is'], columns.map(({ header, name, column }) => [
      code(name) + (header === name ? '' : ` (\`${header}\`)`), types.get(name)!, column.nullable ? '' : 'yes', about(column),
    ])),
    `Bronze keeps each of them as the text that came (${bronzeColumns(contract).length} columns with the row's origin); \`source.${contract.name}\` has them typed as above.`,
    ...(rules.length === 0 ? [] : ['## Rules', 'A row for which one of these is false is quarantined.', table(['rule', 'condition'], rules.map(([name, rule]) => [code(name), code(rule)]))]),
    '## Reasons',
    'Why a row can be quarantined; the first that applies is its reason.',
    table(['reason', 'what is wanted'], failures.map(({ reason, message }) => [code(reason), escape(message)])),
  ].join('\n\n') + '\n';
}

function facts(contract: Contract): string[][] {
  const { files, stream } = contract;
  const duplicates = {
    key: `one row a key stays, the last that came`,
    row: 'rows equal in all columns count once',
    none: 'every row counts',
    first: 'one row an id stays, what happened first; a row without an id has the hash of its columns for one',
  }[contract.duplicates];
  return [
    ['version', contract.version],
    ['owner', contract.owner],
    ...(files === undefined ? [] : [['files', `${files.format}, in \`landing/${contract.name}/\`${files.names.length === 0 ? '' : `, or named ${files.names.map(code).join(', ')}`}`]]),
    ...(files === undefined ? [] : [['other columns', { evolve: 'are added to bronze', quarantine: 'send the rows to quarantine', ignore: 'are left out' }[files.extraColumns]]]),
    ...(stream === undefined ? [] : [['stream', `partitioned by \`${stream.partitionKey}\`; events older than ${stream.maxAgeDays} days or more than ${stream.maxFutureMinutes} minutes ahead are refused`]]),
    ['time zone', contract.timeZone],
    ...(contract.currency === undefined ? [] : [['currency', contract.currency]]),
    ['key', contract.key.length === 0 ? 'none' : contract.key.map(code).join(', ')],
    ['duplicates', duplicates],
    ...(contract.eventTime === undefined ? [] : [['event time', code(contract.eventTime)]]),
    ['kept', contract.retentionDays === undefined ? 'for ever' : `${contract.retentionDays} days`],
  ];
}

function about(column: Column): string {
  const range = column.min !== undefined && column.max !== undefined ? `${column.min} to ${column.max}` : column.min !== undefined ? `at least ${column.min}` : column.max !== undefined ? `at most ${column.max}` : undefined;
  return [
    column.description === undefined ? undefined : escape(column.description),
    range === undefined ? undefined : `${range}.`,
    column.accepted === undefined ? undefined : `One of ${column.accepted.map(code).join(', ')}.`,
    column.pattern === undefined ? undefined : `Matches ${code(column.pattern)}.`,
    column.formats === undefined ? undefined : `Also as ${column.formats.map(code).join(', ')}.`,
    column.references === undefined ? undefined : `Points to ${code(column.references)}.`,
    column.pii === undefined ? undefined : `Personal (${column.pii}): stored as a pseudonym.`,
  ].filter((part) => part !== undefined).join(' ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const escape = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const code = (text: string): string => `\`${escape(text)}\``;
