// Serving on one machine: the API over a home's keys, log, features, prices, rate cards and experiments.
export { ExperimentFolder, type ExperimentState, type KeptExperiment } from './experiment-file.ts';
export { openKeyFile, type KeyFile } from './key-file.ts';
export { openPredictionLog, type OpenPredictionLog, type PredictionLogOptions } from './prediction-log.ts';
export { featureReader } from './feature-reader.ts';
export { homeDemand } from './home-demand.ts';
export { HomePrices, type DemandFrom } from './home-prices.ts';
export { recentPredictions } from './recent-predictions.ts';
export { DEFAULT_API_PORT, serveApi, type ApiServer } from './server.ts';
export { openApiService, type ApiOptions, type ApiStatus, type OpenApiService } from './service.ts';
