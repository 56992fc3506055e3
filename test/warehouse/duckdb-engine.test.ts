// The DuckDB engine passes the suite of all engines.
import { engineContract } from './contract/engine.ts';
import { Home } from './support/home.ts';

engineContract('DuckDB', async () => {
  const home = await Home.open();
  return { engine: home.engine, lake: home.lake, close: () => home.close() };
});
