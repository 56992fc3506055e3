// Several processes on one table, some of them killed.
import { processesSuite } from '../contract/processes.ts';

processesSuite({ writers: 4, commits: 12, kills: 6, timeoutMilliseconds: 240_000 });
