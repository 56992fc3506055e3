// millrace contract: what a source is and must be, for whoever sends it: a page, the JSON Schema, the contract itself.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { contractPage, contractToJson, jsonSchema, loadContracts } from '../../contracts/index.ts';
import { didYouMean } from '../../warehouse/index.ts';
import { number, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const contract: Verb = {
  description: 'Without a source: all of them. With one: its page in Markdown, with every column, rule and reason of the quarantine; with --schema the JSON Schema of its records, with --json the contract as it is. Needs no home.',
  options: [{ flags: '--schema', description: 'the JSON Schema (draft 2020-12) of one record' }],
  examples: ['millrace contract', 'millrace contract orders > orders.md', 'millrace contract events --schema'],
  async run(invocation) {
    const { terminal } = invocation;
    const contracts = await loadContracts(path.join(invocation.project, 'contracts'));
    const [name] = invocation.arguments;
    if (name === undefined) {
      const rows = [...contracts.values()].map((one) => ({
        source: one.name, version: one.version, owner: one.owner, columns: Object.keys(one.columns).length,
        comes: [...(one.files === undefined ? [] : ['files']), ...(one.stream === undefined ? [] : ['stream'])], description: one.description,
      }));
      return present(invocation, rows, () => terminal.out(table(terminal, ['source', 'version', 'owner', 'columns', 'comes by'], rows.map((row) => [row.source, row.version, row.owner, number(row.columns), row.comes.join(', ')]))));
    }
    const found = contracts.get(name);
    if (found === undefined) throw new MillraceError('not_found', `there is no source ${name}`, { todo: didYouMean(name, contracts.keys()) ?? '`millrace contract` lists them.' });
    if (invocation.options['schema'] === true) terminal.out(`${JSON.stringify(jsonSchema(found), null, 2)}\n`);
    else present(invocation, JSON.parse(contractToJson(found)), () => terminal.out(contractPage(found)));
  },
};
