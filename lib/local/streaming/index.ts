// The stream's machinery on one machine: endpoint, delivery, features and the models' refresh, together or each alone.
export { DEFAULT_PORT, openEndpoint, type EndpointOptions, type EndpointStatus, type OpenEndpoint } from './endpoint.ts';
export { openDeliver, type DeliverStatus } from './deliver.ts';
export { openFeatures, type FeaturesStatus } from './features.ts';
export { endpointOf, remoteSource, type RemoteSource } from './remote-source.ts';
export { openRefresh, type RefreshStatus, type RunModels } from './refresh.ts';
export { Persistent, runServices, sayServices, type ServiceName, type StreamService } from './service.ts';
