// What is running on a home, for whoever asks: endpoints with their process, and what each service says of itself.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isProcessAlive, processBornAt } from '../base/index.ts';
import { takeLock } from './lock.ts';
import type { Home } from './home.ts';

/** Something that can be reached. */
export interface RunningEndpoint {
  /** `kinesis`, `api`, … */
  name: string;
  url: string;
  pid: number;
  /** Milliseconds since 1970. */
  since: number;
  /** Tells the process from another of the same id. */
  born?: string;
}

/** What a service said of itself last. */
export interface ServiceState<Status = unknown> { service: string; pid: number; since: number; at: number; status: Status; born?: string }

const ENDPOINTS = 'endpoints.json';
const SERVICES = 'services';
const LOCK_TRIES = 200;
const LOCK_PAUSE_MS = 5;

/** The endpoints whose process lives. */
export async function runningEndpoints({ run }: Pick<Home, 'run'>): Promise<RunningEndpoint[]> {
  const found = (await readJson(path.join(run, ENDPOINTS)) ?? []) as RunningEndpoint[];
  return living(found);
}

/** Puts an endpoint on the list, in place of an older one of its name; gives how to take it off again. */
export async function announceEndpoint(home: Pick<Home, 'run'>, endpoint: Omit<RunningEndpoint, 'pid' | 'born'>): Promise<() => Promise<void>> {
  const ours: RunningEndpoint = { ...endpoint, pid: process.pid, born: await processBornAt(process.pid) };
  await changeList(home, (list) => [...list.filter(({ name }) => name !== ours.name), ours]);
  // On a full disk it stays on the list, and whoever looks sees that the process is gone: that is no reason not to go.
  return () => changeList(home, (list) => list.filter(({ name, pid }) => name !== ours.name || pid !== ours.pid)).catch(() => undefined);
}

async function changeList(home: Pick<Home, 'run'>, change: (list: RunningEndpoint[]) => RunningEndpoint[]): Promise<void> {
  const file = path.join(home.run, ENDPOINTS);
  for (let tried = 0; ; tried++) {
    const lock = await takeLock(`${file}.lock`);
    if (!lock.isOurs && tried < LOCK_TRIES) {
      await new Promise((resolve) => {
        setTimeout(resolve, LOCK_PAUSE_MS);
      });
      continue;
    }
    try {
      await writeJson(file, change(await runningEndpoints(home)));
    } finally {
      if (lock.isOurs) await lock.unlock();
    }
    return;
  }
}

/** Says what a service is at; the file is for people, so nothing waits for the disk. */
export async function writeService({ run }: Pick<Home, 'run'>, state: Omit<ServiceState, 'pid' | 'born'>): Promise<void> {
  await writeJson(path.join(run, SERVICES, `${state.service}.json`), { ...state, pid: process.pid, born: await processBornAt(process.pid) });
}

export async function removeService({ run }: Pick<Home, 'run'>, service: string): Promise<void> {
  await rm(path.join(run, SERVICES, `${service}.json`), { force: true });
}

/** The services whose process lives, by name. */
export async function runningServices({ run }: Pick<Home, 'run'>): Promise<ServiceState[]> {
  const folder = path.join(run, SERVICES);
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json')).sort();
  const states = await Promise.all(names.map((name) => readJson(path.join(folder, name)) as Promise<ServiceState | undefined>));
  return living(states.filter((state) => state !== undefined));
}

async function living<One extends { pid: number; born?: string }>(all: readonly One[]): Promise<One[]> {
  const born = await Promise.all(all.map(({ pid }) => processBornAt(pid)));
  return all.filter((one, at) => isProcessAlive(one.pid) && (one.born === undefined || one.born === born[at]));
}

/** undefined where there is none, or where it is not whole. */
async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch {
    return undefined;
  }
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, null, 1)}\n`);
  await rename(temporary, file);
}
