// The list of prices of a stage, for who looks at it from elsewhere: the table by Athena, and which list the shop's files and the API have.
import { MillraceError } from '../../base/index.ts';
import { openAccountModels, type AccountRegistryOptions } from '../../learning/aws/index.ts';
import { listOnline } from '../../pricing/index.ts';
import { openAccountTables, type AccountTables } from '../../warehouse/athena/index.ts';
import { openApiTable } from './account-table.ts';

export interface AccountPrices extends Pick<AccountTables, 'lake' | 'engine'> {
  /** Ids of the lists that the bucket's `exports/prices/current.json` names, and that the API answers from; undefined: none. */
  whereListsAre(): Promise<{ exported?: string; online?: string }>;
  close(): Promise<void>;
}

/** Whoever opens them closes them. @throws `usage` without credentials */
export async function openAccountPrices(options: AccountRegistryOptions): Promise<AccountPrices> {
  const { stage, region, clock, environment = {} } = options;
  const models = await openAccountModels(options);
  const { lake, engine, close } = openAccountTables({ stage, region, account: models.account, namespaces: [], clock, environment });
  const table = openApiTable({ stage, region, clock, environment });
  const exported = async (): Promise<string | undefined> => {
    try {
      return (JSON.parse(Buffer.from(await models.files.read(`${models.bucket}/exports/prices/current.json`)).toString('utf8')) as { list_id: string }).list_id;
    } catch (thrown) {
      if (thrown instanceof MillraceError && thrown.code === 'not_found') return undefined;
      throw thrown;
    }
  };
  return {
    lake, engine,
    async whereListsAre() {
      const [file, online] = await Promise.all([exported(), listOnline(table, clock.now())]);
      return { ...(file === undefined ? {} : { exported: file }), ...(online === undefined ? {} : { online: online.listId }) };
    },
    async close() {
      close();
      models.close();
      await table.close();
    },
  };
}
