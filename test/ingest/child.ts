// A process of its own that ingests a test home, to be killed, starved or locked out. Prints the report's files as JSON, or the error.
import { discoverLanding, ingestFiles } from '../../lib/ingest/index.ts';
import { openTestHome } from './home.ts';

const [root = '', user] = process.argv.slice(2);
if (user !== undefined) process.setuid?.(Number(user));
const home = await openTestHome({ root });
try {
  process.stdout.write('started\n');
  const report = await ingestFiles(home.context, await discoverLanding(home.landing, home.context.contracts));
  process.stdout.write(`${JSON.stringify(report.files.map(({ file, status, accepted, rejected, error }) => ({ file, status, accepted, rejected, ...(error === undefined ? {} : { error: error.toJSON() }) })))}\n`);
} catch (thrown) {
  process.stdout.write(`${JSON.stringify({ thrown: String(thrown) })}\n`);
} finally {
  home.close();
}
