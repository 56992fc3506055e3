// Producers that never give up, an endpoint that is killed without warning again and again, and what the log holds in the end.
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { isKinesisError, openKinesisClient, openLocalStreams, type KinesisClient } from '../../../../lib/local/kinesis/index.ts';
import { everything } from '../support.ts';

export interface KillLoopResult {
  kills: number;
  acknowledged: number;
  kept: number;
  /** Stored by a call that the endpoint did not live to answer, and sent again. */
  repeated: number;
  shards: number;
  /** Empty where everything is as it has to be. */
  wrong: string[];
}

interface Acknowledged {
  sequence: string;
  shardId: string;
}

const STREAM = 'events';

/** Kills the endpoint `kills` times at random moments while `producers` write to it, and reshards it now and then. */
export async function killLoop(
  folder: string,
  { kills, producers, seed }: { kills: number; producers: number; seed: number },
): Promise<KillLoopResult> {
  const random = randomFrom(seed);
  let endpoint = await startEndpoint(folder);
  const first = openKinesisClient({ endpoint: endpoint.url });
  await first.call('CreateStream', { StreamName: STREAM, ShardCount: 2 });
  first.close();
  const acknowledged = new Map<string, Acknowledged>();
  const over = new AbortController();
  const produce = async (producer: number) => {
    let client = openKinesisClient({ endpoint: endpoint.url });
    for (let call = 0; !over.signal.aborted; call++) {
      const ids = Array.from({ length: 1 + Math.floor(random() * 20) }, (_, at) => `${producer}:${call}:${at}`);
      const pending = new Set(ids);
      while (pending.size > 0 && !over.signal.aborted) {
        const asked = [...pending];
        const outcomes = await client
          .put(
            STREAM,
            asked.map((id) => ({ partitionKey: `producer ${producer}`, data: Buffer.from(`${id} ${'x'.repeat(Math.floor(random() * 900))}`) })),
          )
          .catch(() => undefined);
        if (outcomes === undefined) {
          client.close();
          await new Promise((resolve) => {
            setTimeout(resolve, 20);
          });
          client = openKinesisClient({ endpoint: endpoint.url });
          continue;
        }
        for (const [at, outcome] of outcomes.entries()) {
          if (!outcome.ok) continue;
          pending.delete(asked[at] as string);
          acknowledged.set(asked[at] as string, outcome);
        }
      }
    }
    client.close();
  };
  const producing = Promise.all(Array.from({ length: producers }, (_, at) => produce(at)));
  for (let kill = 0; kill < kills; kill++) {
    if (kill % 5 === 2) await reshard(endpoint.url, random).catch(() => undefined);
    await new Promise((resolve) => {
      setTimeout(resolve, 30 + random() * 250);
    });
    await endpoint.kill();
    endpoint = await startEndpoint(folder);
  }
  await new Promise((resolve) => {
    setTimeout(resolve, 100);
  });
  over.abort();
  await producing;
  await endpoint.kill();
  return { kills: kills + 1, acknowledged: acknowledged.size, ...(await judge(folder, acknowledged)) };
}

async function reshard(url: string, random: () => number): Promise<void> {
  const client: KinesisClient = openKinesisClient({ endpoint: url });
  try {
    const open = (await client.listShards(STREAM)).filter(({ endingSequence }) => endingSequence === undefined);
    await client.call('UpdateShardCount', {
      StreamName: STREAM,
      TargetShardCount: random() < 0.5 ? open.length + 1 : Math.max(1, open.length - 1),
      ScalingType: 'UNIFORM_SCALING',
    });
  } catch (error) {
    if (!isKinesisError(error, 'InternalFailure')) throw error;
  } finally {
    client.close();
  }
}

async function judge(folder: string, acknowledged: ReadonlyMap<string, Acknowledged>): Promise<Omit<KillLoopResult, 'kills' | 'acknowledged'>> {
  const streams = await openLocalStreams(folder, { sweepMilliseconds: 0 });
  const wrong: string[] = [];
  const places = new Map<string, string>();
  const seen = new Map<string, number>();
  const shards = streams.shards(STREAM);
  for (const { shardId, startingSequence, endingSequence } of shards) {
    let before = BigInt(startingSequence);
    const latest = new Map<string, number>();
    for (const { sequence, text } of await everything(streams, STREAM, shardId)) {
      if (BigInt(sequence) <= before) wrong.push(`${shardId}: ${sequence} is not behind ${before}`);
      before = BigInt(sequence);
      const [id = ''] = text.split(' ');
      const [producer = '', call] = id.split(':');
      // A call is sent again until it is taken, and the next one only then: so a producer's calls never go backwards.
      if (Number(call) < (latest.get(producer) ?? 0)) wrong.push(`${shardId}: ${id} comes after a later call`);
      latest.set(producer, Number(call));
      if (places.has(sequence)) wrong.push(`${sequence} is there twice`);
      places.set(sequence, id);
      seen.set(id, (seen.get(id) ?? 0) + 1);
    }
    if (endingSequence !== undefined && before >= BigInt(endingSequence)) wrong.push(`${shardId} holds records behind its end`);
  }
  for (const [id, { sequence }] of acknowledged) if (places.get(sequence) !== id) wrong.push(`${id}, acknowledged as ${sequence}, is lost`);
  await streams.close();
  return { kept: places.size, repeated: [...seen.values()].reduce((sum, count) => sum + count - 1, 0), shards: shards.length, wrong };
}

async function startEndpoint(folder: string): Promise<{ url: string; kill(): Promise<void> }> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), path.join(import.meta.dirname, 'endpoint-process.ts'), folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let url = '';
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    url = line;
    break;
  }
  if (url === '') throw new Error('the endpoint did not start');
  return {
    url,
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
