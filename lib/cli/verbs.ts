// Every verb by its name, what it is for in a line, and what it takes. The rest of a verb, and all that it needs, is loaded once it is asked for.
import type { ListedVerb } from './verb.ts';

const KEY = { name: '<id>', description: 'names the key in logs: web, checkout, …' };
const PREDICTOR = { name: '<predictor>', description: 'as in predictors/: conversion, churn' };
const PREDICTION = { name: '<prediction-id>', description: 'the prediction_id of an answer' };
const EXPERIMENT = { name: '<name>', description: 'of the experiment' };

/** What verbs of two words are about, by the first. */
export const GROUPS: Readonly<Record<string, string>> = Object.freeze({
  stream: 'live events, part by part',
  quarantine: 'rows that were set aside',
  features: 'what is known of visitors, items and customers at this moment',
  keys: 'keys of the scoring API',
  prices: 'prices of items',
  experiment: 'A/B tests',
});

/** In the order in which help lists them. */
export const VERBS: readonly ListedVerb[] = Object.freeze([
  {
    name: 'start', summary: 'generate a sample shop if there is nothing yet, run everything, then take events',
    load: async () => (await import('./verbs/start.ts')).start,
  },
  {
    name: 'status', summary: 'what is running on this home: every endpoint, with its URL and process',
    load: async () => (await import('./verbs/status.ts')).status,
  },
  {
    name: 'stream status', summary: 'shards, how far each consumer is behind, the oldest record, freshness, throttles',
    load: async () => (await import('./verbs/stream.ts')).streamStatus,
  },
  {
    name: 'stream endpoint', summary: 'the Kinesis API alone, over the streams of this home',
    load: async () => (await import('./verbs/stream.ts')).streamEndpoint,
  },
  {
    name: 'stream deliver', summary: 'delivery alone: events from the endpoint into bronze',
    load: async () => (await import('./verbs/stream.ts')).streamDeliver,
  },
  {
    name: 'stream features', summary: 'the online features alone: events from the endpoint folded into the store',
    load: async () => (await import('./verbs/stream.ts')).streamFeatures,
  },
  {
    name: 'sample', summary: 'generate the files of a sample shop',
    load: async () => (await import('./verbs/sample.ts')).sample,
  },
  {
    name: 'produce', summary: "send the sample shop's live events to a stream",
    load: async () => (await import('./verbs/produce.ts')).produce,
  },
  {
    name: 'ingest', summary: 'land files: rows into bronze, bad rows into the quarantine',
    arguments: [{ name: '[paths...]', description: 'files and folders; default: <home>/landing' }],
    load: async () => (await import('./verbs/ingest.ts')).ingest,
  },
  {
    name: 'run', summary: 'run a workflow: files into bronze, models in DAG order, audits, publication, ledger',
    arguments: [{ name: '<workflow>', description: 'batch' }],
    load: async () => (await import('./verbs/run.ts')).runBatchVerb,
  },
  {
    name: 'plan', summary: 'what a run would do and why',
    load: async () => (await import('./verbs/plan.ts')).planVerb,
  },
  {
    name: 'query', summary: "run a SELECT in Athena's dialect over the lake",
    arguments: [{ name: '[sql]', description: 'the statement; without it, it is read from --file or from standard input' }],
    load: async () => (await import('./verbs/query.ts')).query,
  },
  {
    name: 'tables', summary: 'list the tables of the lake',
    arguments: [{ name: '[namespace]', description: 'only this namespace: bronze, silver, gold, ops' }],
    load: async () => (await import('./verbs/tables.ts')).tables,
  },
  {
    name: 'describe', summary: 'columns, partitioning, properties and audits of a table',
    arguments: [{ name: '<table>', description: 'gold.customer_metrics' }],
    load: async () => (await import('./verbs/describe.ts')).describe,
  },
  {
    name: 'history', summary: 'the snapshots of a table',
    arguments: [{ name: '<table>', description: 'silver.orders' }],
    load: async () => (await import('./verbs/history.ts')).history,
  },
  {
    name: 'rollback', summary: 'make an older snapshot of a table the current one, or let the champion before this one answer again',
    arguments: [{ name: '<table>', description: 'silver.orders, or a predictor: conversion' }],
    load: async () => (await import('./verbs/rollback.ts')).rollback,
  },
  {
    name: 'lineage', summary: 'where a table or column comes from, and what is computed from it',
    arguments: [{ name: '<table>', description: 'gold.customer_metrics, or a column: gold.customer_metrics.segment' }],
    load: async () => (await import('./verbs/lineage.ts')).lineage,
  },
  {
    name: 'ledger', summary: 'the counts of a run, and whether they all reconcile',
    load: async () => (await import('./verbs/ledger.ts')).ledger,
  },
  {
    name: 'quarantine list', summary: 'rejected rows by source, file or stream, and reason',
    load: async () => (await import('./verbs/quarantine.ts')).quarantineList,
  },
  {
    name: 'quarantine show', summary: 'rejected rows as they came',
    load: async () => (await import('./verbs/quarantine.ts')).quarantineShow,
  },
  {
    name: 'quarantine replay', summary: "read rejected rows again by today's contracts",
    load: async () => (await import('./verbs/quarantine.ts')).quarantineReplay,
  },
  {
    name: 'quarantine settle', summary: 'mark the rejected rows of a damaged file as replaced by a mended one',
    arguments: [{ name: '<source>', description: 'the source of both files' }, { name: '<damaged>', description: 'id of the damaged file' }, { name: '<mended>', description: 'id of the mended file' }],
    load: async () => (await import('./verbs/quarantine.ts')).quarantineSettle,
  },
  {
    name: 'features list', summary: 'the declared features, and since when they are kept online',
    load: async () => (await import('./verbs/features.ts')).featuresList,
  },
  {
    name: 'features get', summary: "an entity's features, as the online store has them",
    arguments: [{ name: '<view>', description: 'visitor, item, customer, …: `millrace features list` names them' }, { name: '<id...>', description: "the entity's id" }],
    load: async () => (await import('./verbs/features.ts')).featuresGet,
  },
  {
    name: 'features backfill', summary: 'fill the online store from the lake, up to where the stream goes on',
    load: async () => (await import('./verbs/features-backfill.ts')).featuresBackfill,
  },
  {
    name: 'features check', summary: 'replay a day through the reducers and the SQL, and print the differences: none',
    load: async () => (await import('./verbs/features-check.ts')).featuresCheck,
  },
  {
    name: 'serve', summary: 'the scoring API alone',
    load: async () => (await import('./verbs/serve.ts')).serve,
  },
  {
    name: 'keys create', summary: 'make an API key; it is shown once and kept nowhere but as a hash',
    arguments: [KEY],
    load: async () => (await import('./verbs/keys.ts')).keysCreate,
  },
  {
    name: 'keys list', summary: 'the API keys of this home, or of a stage',
    load: async () => (await import('./verbs/keys.ts')).keysList,
  },
  {
    name: 'keys revoke', summary: 'take a key back: within a second nobody gets in by it, in an account within a minute',
    arguments: [KEY],
    load: async () => (await import('./verbs/keys.ts')).keysRevoke,
  },
  {
    name: 'train', summary: 'train a predictor; a version that passes the gate answers from now on',
    arguments: [PREDICTOR],
    load: async () => (await import('./verbs/train.ts')).train,
  },
  {
    name: 'models', summary: 'every version of every predictor, which of them answers, and their model cards',
    arguments: [{ name: '[words...]', description: 'nothing, or card <predictor> [version], or send' }],
    load: async () => (await import('./verbs/models.ts')).models,
  },
  {
    name: 'promote', summary: 'let a version answer, everybody or a share of the traffic first',
    arguments: [PREDICTOR, { name: '[version]', description: 'a number of `millrace models`; with --canary by default the newest that passed the gate' }],
    load: async () => (await import('./verbs/promote.ts')).promote,
  },
  {
    name: 'compare', summary: 'two versions of a predictor beside each other',
    arguments: [PREDICTOR, { name: '<a>', description: 'a version' }, { name: '<b>', description: 'another' }],
    load: async () => (await import('./verbs/train.ts')).compareVerb,
  },
  {
    name: 'predict', summary: 'batch predictions of a predictor into gold, by the version that answers',
    arguments: [PREDICTOR],
    load: async () => (await import('./verbs/train.ts')).predictVerb,
  },
  {
    name: 'prices compute', summary: 'compute the price of every item, and hand the list to the shop',
    load: async () => (await import('./verbs/prices.ts')).pricesCompute,
  },
  {
    name: 'prices list', summary: 'the list of prices that holds: what, since when, until when, why',
    load: async () => (await import('./verbs/prices.ts')).pricesList,
  },
  {
    name: 'prices export', summary: 'hand over again what gold.prices holds: files and online store',
    load: async () => (await import('./verbs/prices.ts')).pricesExport,
  },
  {
    name: 'explain', summary: 'why an answer was given: version, variant, every input with its source and what it contributed, and the outcome',
    arguments: [PREDICTION],
    load: async () => (await import('./verbs/explain.ts')).explain,
  },
  {
    name: 'reproduce', summary: 'compute an answer again, from the lake as of then and the stored model',
    arguments: [PREDICTION],
    load: async () => (await import('./verbs/explain.ts')).reproduce,
  },
  {
    name: 'monitor', summary: 'drift and train/serve skew of the models that answered lately',
    arguments: [{ name: '[predictor]', description: 'only this one' }],
    load: async () => (await import('./verbs/monitor.ts')).monitor,
  },
  {
    name: 'experiment create', summary: 'declare an A/B test, and see how many units it needs',
    arguments: [EXPERIMENT],
    load: async () => (await import('./verbs/experiment-create.ts')).experimentCreate,
  },
  {
    name: 'experiment start', summary: 'let units in',
    arguments: [EXPERIMENT],
    load: async () => (await import('./verbs/experiment.ts')).experimentStart,
  },
  {
    name: 'experiment ramp', summary: 'let more units in',
    arguments: [EXPERIMENT, { name: '<share>', description: 'of the units that take part, 0 to 1' }],
    load: async () => (await import('./verbs/experiment.ts')).experimentRamp,
  },
  {
    name: 'experiment stop', summary: 'let no more units in',
    arguments: [EXPERIMENT],
    load: async () => (await import('./verbs/experiment.ts')).experimentStop,
  },
  {
    name: 'experiment list', summary: 'the experiments of this home',
    load: async () => (await import('./verbs/experiment.ts')).experimentList,
  },
  {
    name: 'experiment report', summary: 'what an experiment shows so far; may be read every day',
    arguments: [EXPERIMENT],
    load: async () => (await import('./verbs/experiment-report.ts')).experimentReport,
  },
  {
    name: 'experiment publish', summary: 'let the experiments that run here decide in an account',
    load: async () => (await import('./verbs/experiment-publish.ts')).experimentPublish,
  },
  {
    name: 'apply', summary: 'make and evolve the tables of all contracts and models',
    load: async () => (await import('./verbs/apply.ts')).apply,
  },
  {
    name: 'contract', summary: 'the sources, and what each must be: a page, or the JSON Schema for producers',
    arguments: [{ name: '[source]', description: 'orders' }],
    load: async () => (await import('./verbs/contract.ts')).contract,
  },
  {
    name: 'forget', summary: "delete a person's rows of a source, everywhere, and print a receipt",
    arguments: [{ name: '<source>', description: 'crm_customers' }, { name: '<who...>', description: 'column=value, by the names in bronze: customer_id=C-17 email=ada@example.org' }],
    load: async () => (await import('./verbs/forget.ts')).forget,
  },
  {
    name: 'maintain', summary: 'compact tables, expire snapshots, remove orphans, prove that every live file reads',
    arguments: [{ name: '[tables...]', description: 'only these; default: all' }],
    load: async () => (await import('./verbs/maintain.ts')).maintain,
  },
  {
    name: 'doctor', summary: 'what is wrong with the machine or the lake, and what to do',
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  {
    name: 'upgrade', summary: 'move a home that an older version made to the layout of this one',
    load: async () => (await import('./verbs/upgrade.ts')).upgrade,
  },
  {
    name: 'test', summary: "run the models' tests (sql/**/*.test.yaml)",
    arguments: [{ name: '[models...]', description: 'only tests of these models' }],
    load: async () => (await import('./verbs/test.ts')).testVerb,
  },
]);
