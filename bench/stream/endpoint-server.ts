// The endpoint in a process of its own, over a log in the folder given; prints its address and ends with its standard input.
import { openLocalStreams, serveKinesis } from '../../lib/local/kinesis/index.ts';

const streams = await openLocalStreams(process.argv[2] as string);
const endpoint = await serveKinesis(streams, { port: 0 });
console.log(endpoint.url);
process.stdin.resume().on('end', () => {
  void endpoint.close().then(() => streams.close());
});
