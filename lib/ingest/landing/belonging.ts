// To which source a file belongs: by the folder it lies in, else by its official name.
import type { Contract, Contracts, FilePolicy } from '../../contracts/index.ts';

/** What a file of that name is not, yet: somebody is still writing it, or it is nobody's data. */
export function isInProgress(name: string): boolean {
  const base = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  return base.startsWith('.') || base.startsWith('~$') || base.endsWith('~') || /\.(part|partial|tmp|temp|crdownload|download|filepart|swp|lock)$/.test(base);
}

/** The contract of a file by the folder below the landing folder in which it lies. `name` is the path below the landing folder. */
function sourceByFolder(name: string, contracts: Contracts): Contract | undefined {
  const folder = name.split('/', 1)[0]!;
  const contract = folder === name ? undefined : contracts.get(folder);
  return contract?.files === undefined ? undefined : contract;
}

/** The contract that claims the file's own name (`orders.csv`, `orders_*.csv`; with or without `.gz`); exact names go first. */
function sourceByName(name: string, contracts: Contracts): Contract | undefined {
  const base = name.slice(name.lastIndexOf('/') + 1).toLowerCase().replace(/\.gz$/, '');
  const claims = [...contracts.values()].flatMap((contract) => (contract.files?.names ?? []).map((claimed) => ({ contract, claimed: claimed.toLowerCase() })));
  return (claims.find(({ claimed }) => claimed.replace(/\.gz$/, '') === base) ?? claims.find(({ claimed }) => claimed.includes('*') && matches(base, claimed)))?.contract;
}

function matches(name: string, pattern: string): boolean {
  const expression = pattern.replace(/\.gz$/, '').split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${expression}$`).test(name);
}

export type Belonging = { known: true; source: string } | { known: false; todo: string };

/** `placed` is the path below the landing folder by which folders count. */
export function belongingOf(name: string, placed: string, contracts: Contracts): Belonging {
  const contract = sourceByFolder(placed, contracts) ?? sourceByName(name, contracts);
  if (contract !== undefined) return { known: true, source: contract.name };
  return { known: false, todo: 'Put it into the landing folder of its source (<source>/…), or add its name to `files.names` of a contract.' };
}

/** How to read a file: its extension says so, else the contract does. */
export function formatOf(name: string, contract: Contract): FilePolicy['format'] {
  const extension = /\.([a-z]+)(?:\.gz)?$/.exec(name.toLowerCase())?.[1];
  if (extension === 'csv' || extension === 'tsv') return 'csv';
  if (extension === 'jsonl' || extension === 'ndjson') return 'jsonl';
  if (extension === 'parquet') return 'parquet';
  return contract.files?.format ?? 'csv';
}
