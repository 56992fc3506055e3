// A project of two sources and three models in a folder of its own, and the command line over it: quick enough to run a whole batch in a test.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runProgram, VERBS, type Terminal } from '../../lib/cli/index.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

const CONTRACTS = {
  'people.ts': `import { id, source, text } from '${ROOT}/lib/contracts/index.ts';
export const people = source('people', {
  description: 'One row a person.', owner: 'tests', version: '1.0', files: {}, timeZone: 'UTC', key: ['person_id'],
  columns: { person_id: id(), email: text({ nullable: true, pii: 'email' }), city: text({ nullable: true }) },
});
`,
  'purchases.ts': `import { id, money, source, timestamp } from '${ROOT}/lib/contracts/index.ts';
export const purchases = source('purchases', {
  description: 'One row a purchase.', owner: 'tests', version: '1.0', files: {}, timeZone: 'UTC', currency: 'EUR', key: ['purchase_id'], eventTime: 'bought_at',
  columns: { purchase_id: id(), person_id: id({ references: 'people' }), amount: money({ min: 0 }), bought_at: timestamp() },
});
`,
};

const header = (description: string, more: string) => `/*\ndescription: ${description}\nowner: tests\n${more}\n*/\n`;
const MODELS = {
  'silver/people.sql': `${header('People.', 'key: person_id\npii: [email]\naudits:\n  - unique: person_id\naccounts:\n  people: count(*)')}SELECT person_id, email, city FROM source.people\n`,
  'silver/purchases.sql': `${header('Purchases.', `kind: partitions
partition_by: month(bought_on)
time: { column: bought_on, grain: month }
changes:
  source.purchases: bought_at__date
accounts:
  purchases: count(*)`)}SELECT purchase_id, person_id, amount, bought_at__date AS bought_on FROM source.purchases\n`,
  'gold/spending.sql': `${header('What people spent.', `key: person_id
audits:
  - reconciles: { this: sum(spent), with: silver.purchases, sum: sum(amount) }`)}SELECT person_id, CAST(sum(amount) AS decimal(18, 4)) AS spent, count(*) AS purchases FROM silver.purchases GROUP BY person_id\n`,
};

/** The command line over one home. */
export interface SmallHome {
  home: string;
  /** Puts a CSV file into the landing folder. */
  land(source: 'people' | 'purchases', name: string, rows: readonly string[]): void;
  millrace(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
  /** What a verb prints with --json; fails where the verb does. */
  json<Result>(...argv: string[]): Promise<Result>;
}

export interface SmallShop extends SmallHome {
  project: string;
  /** The same project over another home. */
  at(home: string): SmallHome;
  /** Writes a file of the project: `sql/gold/spending.sql`. */
  write(file: string, text: string): void;
  remove(): void;
}

const HEADERS = { people: 'person_id,email,city', purchases: 'purchase_id,person_id,amount,bought_at' };

export function smallShop(): SmallShop {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-small-'));
  const project = path.join(folder, 'project');
  const write = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), text);
  };
  for (const [name, text] of Object.entries(CONTRACTS)) write(`contracts/${name}`, text);
  for (const [name, text] of Object.entries(MODELS)) write(`sql/${name}`, text);
  cpSync(path.join(ROOT, 'sql/audits'), path.join(project, 'sql/audits'), { recursive: true });
  write('workflows/batch.ts', `export { batch } from '${ROOT}/workflows/batch.ts';\n`);
  write('millrace.config.ts', `import { defineConfig } from '${ROOT}/lib/base/index.ts';
export const config = defineConfig({ app: 'small', shop: { timeZone: 'UTC', currency: 'EUR' }, stages: {} });
`);
  const at = (home: string) => homeAt(project, home);
  return { project, write, at, ...at(path.join(folder, 'home')), remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function homeAt(project: string, home: string): SmallHome {
  const millrace: SmallHome['millrace'] = async (...argv) => {
    let out = '';
    let err = '';
    const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 120 };
    const code = await runProgram([...argv, '--home', home], VERBS, { project, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
    return { code, out, err };
  };
  return {
    home, millrace,
    land(source, name, rows) {
      mkdirSync(path.join(home, 'landing', source), { recursive: true });
      writeFileSync(path.join(home, 'landing', source, name), [HEADERS[source], ...rows, ''].join('\n'));
    },
    async json<Result>(...argv: string[]) {
      const { code, out, err } = await millrace(...argv, '--json');
      if (code !== 0) throw new Error(`millrace ${argv.join(' ')} ended with ${code}: ${err}${out}`);
      return JSON.parse(out) as Result;
    },
  };
}
