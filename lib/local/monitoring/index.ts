// Monitoring on one machine: what was served, beside training and beside the lake.
export { monitorHome, type MonitoredVersion, type MonitorOptions, type MonitorReport } from './monitor.ts';
export { openMonitor, type MonitorStatus } from './service.ts';
