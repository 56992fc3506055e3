// The endpoint in a process of its own, over a log in the folder given; prints its address, the time of its processors for each line
// that it reads, and ends with its standard input.
import { openLocalStreams, serveKinesis } from '../../lib/local/kinesis/index.ts';

const streams = await openLocalStreams(process.argv[2] as string);
const endpoint = await serveKinesis(streams, { port: 0 });
console.log(endpoint.url);
process.stdin
  .on('data', () => console.log(JSON.stringify(process.cpuUsage())))
  .on('end', () => {
    void endpoint.close().then(() => streams.close());
  });
