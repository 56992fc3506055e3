// The embedded home: the runtime of one machine.
export { markHome, openHome, sweepTemporary, HOME_FORMAT, type Home } from './home.ts';
export { upgradeHome, type HomeMigration, type HomeUpgrade } from './upgrade.ts';
export { lockRuns } from './run-lock.ts';
export { forgetInHome, LIFTED_TAGS } from './forget.ts';
export { loadProject, type LoadedProject } from './project.ts';
export { openRuntime, shopParameters, type Runtime, type RuntimeOptions } from './runtime.ts';
export { runBatch, type BatchRun, type RunBatchOptions, type TaskEvent } from './run-batch.ts';
export { ingestContext, ingestNow, watchLandingFolder, localFileIngest, type LocalFileIngestOptions } from './file-ingest.ts';
export { RunReporter, type ModelReport, type RunReport } from './run-report.ts';
export { announceEndpoint, runningEndpoints, runningServices, type RunningEndpoint, type ServiceState } from './running.ts';
export {
  DEFAULT_PORT, endpointOf, openDeliver, openEndpoint, openFeatures, openRefresh, remoteSource, runServices, sayServices, type DeliverStatus, type EndpointStatus, type FeaturesStatus, type OpenEndpoint,
  type RefreshStatus, type RunModels, type StreamService,
} from './streaming/index.ts';
export {
  computePrices, currentExport, exportFolderOf, exportPrices, exportToBucket, handedPrices, makePriceList, readPriceTable, whereListsAre, type ComputedPrices, type PriceList,
} from './pricing/index.ts';
export {
  DEFAULT_API_PORT, ExperimentFolder, openApiService, openKeyFile, type ApiStatus, type KeptExperiment, type KeyFile, type OpenApiService,
} from './serving/index.ts';
export { checkNoCanary, lookThrough, noteForMlflow, sendRegistryToMlflow, sendToMlflow, type SentReport } from './learning/index.ts';
export {
  compareVersions, featuresOf, predictInHome, predictorNamed, predictorsOf, prepareTraining, registryOf, trainInHome, trainPrepared, type PreparedTraining, type BatchPredictions, type TrainingReport, type TrainPredictorOptions,
} from './learning/index.ts';
export { answersOfHome, keepForAnswersOfHome } from './answers.ts';
export { monitorHome, openMonitor, type MonitoredVersion, type MonitorOptions, type MonitorReport, type MonitorStatus } from './monitoring/index.ts';
