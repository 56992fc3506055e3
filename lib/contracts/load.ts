// Contracts are discovered: every file in the folder is imported, and what it exports and is a contract counts.
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { MillraceError, messageOf } from '../base/index.ts';
import { checkContract } from './check.ts';
import type { Contract } from './types.ts';

/** The contracts of a project by name, in alphabetical order. */
export type Contracts = ReadonlyMap<string, Contract>;

/**
 * Imports every `.ts`, `.mts`, `.js` and `.mjs` file of a folder (not of folders below it) and collects the contracts they export.
 *
 * Throws `bad_input` naming the file and the remedy: a file that does not load or exports no contract, an invalid contract, two
 * contracts of one name, two contracts that claim the same file name.
 */
export async function loadContracts(folder: string): Promise<Contracts> {
  const files = (await readdir(folder).catch((cause: unknown) => {
    throw new MillraceError('not_found', `there is no folder of contracts at ${folder}`, { todo: 'Make it, or run in the project\'s folder.', cause });
  })).filter((file) => /\.m?[jt]s$/.test(file) && !/\.d\.m?ts$|\.test\.m?[jt]s$/.test(file)).sort();

  const found = new Map<string, { contract: Contract; file: string }>();
  for (const file of files) {
    const path = join(folder, file);
    const contracts = await contractsIn(path);
    if (contracts.length === 0) {
      throw new MillraceError('bad_input', 'the file exports no contract', { where: path, todo: 'Export the result of source(…), or move the file out of the folder.' });
    }
    for (const contract of contracts) {
      checkContract(contract, path);
      const other = found.get(contract.name);
      if (other !== undefined && other.contract !== contract) {
        throw new MillraceError('bad_input', `the source ${contract.name} is declared twice`, { where: `${path} and ${other.file}`, todo: 'Rename one of them, or delete it.' });
      }
      found.set(contract.name, { contract, file: path });
    }
  }
  checkFileNames([...found.values()]);
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { contract }]) => [name, contract]));
}

async function contractsIn(path: string): Promise<Contract[]> {
  let module: Record<string, unknown>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (cause) {
    throw new MillraceError('bad_input', `the contract does not load: ${messageOf(cause)}`, { where: path, todo: 'Mend the file; `npx tsc --noEmit` names the line.', cause });
  }
  return Object.values(module).filter(isContract);
}

/** By shape, not by class, so that a contract written without source() is found as well. */
function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && 'name' in value && 'columns' in value && 'version' in value && 'owner' in value;
}

/** A file name that two sources claim word by word would land in whichever came first. */
function checkFileNames(found: readonly { contract: Contract; file: string }[]): void {
  const claimed = new Map<string, string>();
  for (const { contract, file } of found) {
    for (const name of contract.files?.names ?? []) {
      const other = claimed.get(name);
      if (other !== undefined && other !== contract.name) {
        throw new MillraceError('bad_input', `the file name ${name} is claimed by ${other} and by ${contract.name}`, { where: file, todo: 'Leave it to one of them.' });
      }
      claimed.set(name, contract.name);
    }
  }
}
