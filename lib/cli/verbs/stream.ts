// millrace stream: the parts of the stream's machinery each alone, and how they are.
import { MillraceError } from '../../base/index.ts';
import { DEFAULT_PORT, openDeliver, openEndpoint, openFeatures, openHome, remoteSource, runningServices, runServices, type Runtime, type StreamService } from '../../local/index.ts';
import { withRuntime } from '../runtime.ts';
import { printStreamState, streamLine, streamStateOf, type StreamState } from '../stream-view.ts';
import { progressLine } from '../terminal.ts';
import { present, type Invocation, type Verb, type VerbOption } from '../verb.ts';

export const PORT_OPTION: VerbOption = { flags: '--port <number>', description: 'where the Kinesis API listens, on this machine only; 0 for any free port', default: String(DEFAULT_PORT) };
export const INTERVAL_OPTION: VerbOption = { flags: '--interval <milliseconds>', description: 'events wait at most so long for others before they are in a table', default: '1000' };

/** A whole number from an option, or, where `whole` is false, any number; else a `usage` error that names it. */
export function numberOption({ options }: Invocation, name: string, least: number, most: number, { whole = true }: { whole?: boolean } = {}): number {
  const text = String(options[name]);
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new MillraceError('usage', `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} wants a ${whole ? 'whole ' : ''}number from ${least} to ${most}, not '${text}'`);
}

const PLAIN_EVERY_MS = 10_000;
const SHOWN_EVERY_MS = 1000;

/** Runs services until Ctrl-C and shows how they are: on a line that changes where a person watches, else a plain one now and then. Nothing is shown before `ready`, which something else is written until. */
export async function runShown(invocation: Invocation, { home, clock }: Runtime, services: readonly StreamService[], ready: Promise<void> = Promise.resolve()): Promise<void> {
  const { terminal, signal } = invocation;
  const line = progressLine(terminal);
  const stateNow = async (): Promise<StreamState> =>
    streamStateOf(await Promise.all(services.map(async (service) => ({ service: service.name, status: structuredClone(await service.status()) }))));
  const stop = new AbortController();
  const show = async (): Promise<void> => {
    await ready;
    let before = { state: await stateNow(), at: clock.now() };
    while (!stop.signal.aborted) {
      await clock.sleep(terminal.interactive ? SHOWN_EVERY_MS : PLAIN_EVERY_MS, stop.signal).catch(() => undefined);
      if (stop.signal.aborted) return;
      const state = await stateNow();
      const at = clock.now();
      if (invocation.json) terminal.out(`${JSON.stringify({ at: new Date(at).toISOString(), ...state })}\n`);
      else if (terminal.interactive) line.show(`  ${streamLine(state, before.state, at - before.at)}`);
      else terminal.out(`${new Date(at).toISOString()} ${streamLine(state, before.state, at - before.at)}\n`);
      before = { state, at };
    }
  };
  const showing = show();
  try {
    await runServices(services, { home, clock, signal });
  } finally {
    stop.abort();
    await showing;
    line.clear();
  }
}

function alone(name: 'deliver' | 'features', description: string, open: (runtime: Runtime, invocation: Invocation, source: ReturnType<typeof remoteSource>) => Promise<StreamService>, options: readonly VerbOption[]): Verb {
  return {
    description, options: [...options, { flags: '--endpoint <url>', description: 'the endpoint to read from; default: the one that runs on this home' }],
    examples: [`millrace stream ${name}`, `millrace stream ${name} --endpoint http://127.0.0.1:4567`],
    async run(invocation) {
      await withRuntime(invocation, async (runtime) => {
        const { endpoint } = invocation.options;
        const source = remoteSource(runtime.home, typeof endpoint === 'string' ? endpoint : undefined);
        try {
          await runShown(invocation, runtime, [await open(runtime, invocation, source)]);
        } finally {
          source.close();
        }
      });
    },
  };
}

export const streamEndpoint: Verb = {
  description: 'Serves the Kinesis API over the durable log of this home until Ctrl-C; nothing is delivered. Any AWS SDK or CLI reaches it by --endpoint-url.',
  options: [PORT_OPTION, { flags: '--limits', description: 'each shard takes and gives no more in a second than on AWS' }],
  examples: ['millrace stream endpoint', 'millrace stream endpoint --port 0 --limits'],
  async run(invocation) {
    await withRuntime(invocation, async (runtime) => {
      const { sources } = await runtime.project();
      const endpoint = await openEndpoint({
        home: runtime.home, contracts: sources.values(), clock: runtime.clock, port: numberOption(invocation, 'port', 0, 65_535), limits: invocation.options['limits'] === true,
      });
      try {
        if (!invocation.json) invocation.terminal.out(`${endpoint.endpoint.url}   ${endpoint.streams.names().join(', ')}\n`);
        await runShown(invocation, runtime, [endpoint]);
      } finally {
        await endpoint.close();
      }
    }, { create: true });
  },
};

export const streamDeliver = alone('deliver',
  'Reads the streams of this home through their endpoint, checks every event, and commits what it finds to bronze and the quarantine, with each shard\'s position in the same commit. Killed at any instant it goes on where the tables are.',
  (runtime, invocation, source) => openDeliver(runtime, source, { intervalMilliseconds: numberOption(invocation, 'interval', 10, 900_000) }), [INTERVAL_OPTION]);

export const streamFeatures = alone('features',
  'Reads the streams of this home through their endpoint and folds every valid event into the online features, once each, as the Lambda function does on AWS.',
  (runtime, _invocation, source) => openFeatures(runtime, source), []);

export const streamStatus: Verb = {
  examples: ['millrace stream status', 'millrace stream status --json'],
  async run(invocation) {
    const { terminal } = invocation;
    const home = await openHome(invocation.home, { create: false });
    const services = await runningServices(home);
    const state = streamStateOf(services);
    present(invocation, { ...state, processes: Object.fromEntries(services.map(({ service, pid }) => [service, pid])) }, () => {
      if (services.length === 0) terminal.out(`no stream is running on ${home.root}\n  \`millrace start\` starts all of it, \`millrace stream endpoint|deliver|features\` each part\n`);
      else {
        printStreamState(terminal, state, Date.now());
        if (state.endpoint !== undefined && state.deliver === undefined) terminal.out('\n  records are taken and kept; they are delivered when `millrace start` is through with its first batch, or by `millrace stream deliver`\n');
      }
    });
  },
};
