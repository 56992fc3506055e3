// Coordinates of postcode prefixes, as Olist publishes them.
import { decimal, source, text } from '../lib/contracts/index.ts';

export const geolocation = source('geolocation', {
  description: 'Observed coordinates of a postcode prefix, many rows a prefix. Every row is an observation of its own, equal ones too.',
  owner: 'marketplace',
  version: '1.0',
  files: { names: ['olist_geolocation_dataset.csv'] },
  timeZone: 'America/Sao_Paulo',
  columns: {
    geolocation_zip_code_prefix: text({ pattern: '[0-9]{5}', description: 'First five digits of the postcode.' }),
    geolocation_lat: decimal({ precision: 17, scale: 14, round: true, min: -90, max: 90, description: 'Degrees north.' }),
    geolocation_lng: decimal({ precision: 17, scale: 14, round: true, min: -180, max: 180, description: 'Degrees east.' }),
    geolocation_city: text(),
    geolocation_state: text({ pattern: '[A-Z]{2}' }),
  },
});
