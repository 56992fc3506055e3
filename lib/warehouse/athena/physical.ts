// Logical names as Athena's: `silver.orders` is `"millrace_dev_silver"."orders"`.
import { quoteName, rewriteTables, type TableReference } from '../dialect/index.ts';

/** SQL with the names of databases that carry app and stage; time travel and metadata tables stay what they are. */
export function physicalSql(sql: string, databasePrefix: string): string {
  return rewriteTables(sql, (table) => `${physicalName(table, databasePrefix)}${travelText(table)}`);
}

function physicalName({ name, metadata }: TableReference, databasePrefix: string): string {
  const dot = name.indexOf('.');
  return `${quoteName(`${databasePrefix}${name.slice(0, dot)}`)}.${quoteName(`${name.slice(dot + 1)}${metadata === undefined ? '' : `$${metadata}`}`)}`;
}

function travelText({ travel }: TableReference): string {
  switch (travel?.by) {
    case undefined: return '';
    case 'snapshot': return ` FOR VERSION AS OF ${travel.id}`;
    case 'tag': return ` FOR VERSION AS OF '${travel.name.replaceAll("'", "''")}'`;
    case 'timestamp': return ` FOR TIMESTAMP AS OF TIMESTAMP '${timestampText(travel.micros)} UTC'`;
  }
}

function timestampText(micros: bigint): string {
  const milliseconds = micros / 1000n;
  const rest = String(micros - milliseconds * 1000n).padStart(3, '0');
  return new Date(Number(milliseconds)).toISOString().replace('T', ' ').replace('Z', rest);
}
