// The stream's machinery for the bench, all in one process as `millrace start` has it. Arguments: the home. Prints the endpoint's URL; ends with its input.
import { openDeliver, openEndpoint, openFeatures, openRuntime, runServices } from '../../lib/local/index.ts';

const [home = ''] = process.argv.slice(2);
const runtime = await openRuntime({ home, project: new URL('../..', import.meta.url).pathname, create: true });
const { sources } = await runtime.project();
const endpoint = await openEndpoint({ home: runtime.home, contracts: sources.values(), clock: runtime.clock, port: 0 });
const stop = new AbortController();
process.stdin.once('end', () => stop.abort()).resume();
const services = [endpoint, await openDeliver(runtime, endpoint.source), await openFeatures(runtime, endpoint.source)];
process.stdout.write(`${endpoint.endpoint.url}\n`);
await runServices(services, { home: runtime.home, clock: runtime.clock, signal: stop.signal });
const [, deliver, features] = await Promise.all(services.map(async (service) => service.status()));
process.stdout.write(`${JSON.stringify({ deliver, features, cpu: process.cpuUsage(), rss: process.memoryUsage().rss })}\n`);
await endpoint.close();
await runtime.close();
