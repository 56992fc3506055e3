// Trino's client protocol (https://trino.io/docs/current/develop/client-protocol.html): a statement is posted, pages are followed.
import { bindParameters, rewriteTables, type Engine, type QueryResult } from '../../../lib/warehouse/index.ts';

interface Page {
  columns?: { name: string; type: string }[];
  data?: unknown[][];
  nextUri?: string;
  error?: { errorName: string; message: string };
}

/** `addressOf` is asked with each statement: `http://127.0.0.1:18080`. */
export function trinoClient(addressOf: () => string | undefined): Pick<Engine, 'query'> {
  return {
    async query(sql, { overlays = {}, parameters = {} } = {}): Promise<QueryResult> {
      const text = bindParameters(rewriteTables(sql, ({ name }) => (overlays[name] === undefined ? undefined : `(${overlays[name]})`)), parameters);
      const headers = { 'X-Trino-User': 'millrace', 'X-Trino-Time-Zone': 'UTC', 'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME' };
      const get = async (url: string, init: RequestInit): Promise<Page> => {
        const response = await fetch(url, { ...init, headers });
        if (!response.ok) throw new Error(`Trino answers ${response.status}: ${await response.text()}`);
        return (await response.json()) as Page;
      };
      const result: QueryResult = { columns: [], rows: [] };
      for (let page = await get(`${addressOf()}/v1/statement`, { method: 'POST', body: text }); ; page = await get(page.nextUri, {})) {
        if (page.error !== undefined) throw new Error(`${page.error.errorName}: ${page.error.message}`);
        if (page.columns !== undefined) result.columns = page.columns.map(({ name, type }) => ({ name, type: type.replaceAll(', ', ',') }));
        result.rows.push(...(page.data ?? []));
        if (page.nextUri === undefined) return result;
      }
    },
  };
}
