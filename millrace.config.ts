// The one place for what differs between shops, stages and accounts.
import { defineConfig } from './lib/base/index.ts';

export const config = defineConfig({
  app: 'millrace',
  shop: {
    /** Zone of the business day, and of sources that name none. */
    timeZone: 'America/Sao_Paulo',
    currency: 'BRL',
  },
  stages: {
    dev: { region: 'eu-central-1', scanLimitBytes: 10 * 2 ** 30, deletable: false },
    prod: { region: 'eu-central-1', scanLimitBytes: 200 * 2 ** 30, deletable: false },
  },
});
