// A bronze table remembers the contract that it was last filled by, so that a change that would break what it holds is told before a row comes in.
import { MillraceError } from '../../base/index.ts';
import { compareContracts, contractFromJson, contractToJson, type Contract } from '../../contracts/index.ts';
import { textOf, type Table } from '../../lake/index.ts';

/** Property of a bronze table: its contract, as JSON. */
export const CONTRACT_PROPERTY = 'millrace.contract';

/**
 * Compatible changes flow through; what breaks needs a new major version.
 * @throws MillraceError `conflict` that names everything that breaks.
 */
export async function followContract(table: Table, contract: Contract): Promise<void> {
  const now = contractToJson(contract);
  const before = table.properties[CONTRACT_PROPERTY];
  if (before === now) return;
  if (before !== undefined) refuseWhatBreaks(contractFromJson(before, `the contract kept by ${textOf(table.name)}`), contract);
  await table.change((metadata) =>
    (metadata.properties[CONTRACT_PROPERTY] === now ? metadata : { ...metadata, properties: { ...metadata.properties, [CONTRACT_PROPERTY]: now } }));
}

function refuseWhatBreaks(before: Contract, after: Contract): void {
  const { changes, compatible, versionRaised } = compareContracts(before, after);
  if (compatible || versionRaised) return;
  const breaking = changes.filter(({ effect }) => effect === 'breaking').map(({ what, message }) => `${what} ${message}`);
  const [major = '0'] = before.version.split('.');
  throw new MillraceError('conflict', `the contract of ${after.name} breaks what was accepted by version ${before.version}: ${breaking.join('; ')}`, {
    where: `contracts/ (${after.name} ${after.version})`,
    todo: `Take the change back, or give it the version ${Number(major) + 1}.0 where that is what you want: the rows that are there are read by the new contract. Rows of a sample are best left in a home of their own (--home).`,
  });
}
