// Sixteen processes on one table, and two killed sixty times: the suite that `npm test` runs shorter.
import { processesSuite } from '../lake/contract/processes.ts';

processesSuite({ writers: 16, commits: 12, kills: 60, timeoutMilliseconds: 900_000 });
