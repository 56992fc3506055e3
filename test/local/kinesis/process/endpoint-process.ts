// The endpoint as a process that can be killed: over the folder given, with small segments; prints its address.
import { openLocalStreams, serveKinesis } from '../../../../lib/local/kinesis/index.ts';

const [folder = '', segmentBytes = '200000'] = process.argv.slice(2);
const streams = await openLocalStreams(folder, { segmentBytes: Number(segmentBytes) });
const endpoint = await serveKinesis(streams, { port: 0 });
process.stdout.write(`${endpoint.url}\n`);
