// A process that runs every model of the events over the home in its argument; made to be killed.
import { discardLeftovers, runModel } from '../../../lib/warehouse/index.ts';
import { EVENT_MODELS, events } from './events.ts';
import { Home } from './home.ts';
import { projectFrom } from './project.ts';

const home = await Home.open(process.argv[2]);
const project = projectFrom(EVENT_MODELS, [events]);
process.stdout.write('ready\n');
await discardLeftovers(home.context(project));
for (const name of project.graph.order) {
  home.runs = process.pid * 100;
  await runModel(home.context(project), name);
}
process.stdout.write('done\n');
home.engine.close();
home.database.close();
