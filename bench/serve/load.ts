// Load over plain sockets: as lean as it gets, so that what is loaded is the bottleneck.
import { connect, type Socket } from 'node:net';

export interface Target {
  url: string;
  /** Whole requests, sent in turn. */
  requests: readonly Buffer[];
}

/** A POST of JSON as it goes over the wire. */
export function post(url: string, place: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Buffer {
  const text = JSON.stringify(body);
  const lines = Object.entries({ host: new URL(url).host, 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)), ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`POST ${place} HTTP/1.1\r\n${lines.join('')}\r\n${text}`);
}

/** Answers a second with every connection always busy. */
export async function saturate({ url, requests }: Target, { seconds, connections }: { seconds: number; connections: number }): Promise<number> {
  let [answers, sent, running] = [0, 0, true];
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url, (socket) => {
    answers += 1;
    if (running) socket.write(requests[sent++ % requests.length]!);
  })));
  const started = performance.now();
  for (const socket of sockets) socket.write(requests[sent++ % requests.length]!);
  await new Promise((resolve) => {
    setTimeout(resolve, seconds * 1000);
  });
  const rate = answers / ((performance.now() - started) / 1000);
  running = false;
  for (const socket of sockets) socket.destroy();
  return rate;
}

/** Latencies in milliseconds of requests that leave when they are due, whatever the answers do: from due time to answer. */
export async function steadily({ url, requests }: Target, { rate, seconds, connections }: { rate: number; seconds: number; connections: number }): Promise<number[]> {
  const latencies: number[] = [];
  const idle: Socket[] = [];
  const due = new Map<Socket, number>();
  const waiting: number[] = [];
  let next = 0;
  const send = (socket: Socket, at: number): void => {
    due.set(socket, at);
    socket.write(requests[next++ % requests.length]!);
  };
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(url, (socket) => {
    latencies.push(performance.now() - due.get(socket)!);
    const at = waiting.shift();
    if (at === undefined) idle.push(socket);
    else send(socket, at);
  })));
  idle.push(...sockets);
  const started = performance.now();
  for (let sent = 0; sent < rate * seconds;) {
    const now = performance.now();
    for (; sent < rate * seconds && started + (sent * 1000) / rate <= now; sent++) {
      const socket = idle.pop();
      if (socket === undefined) waiting.push(started + (sent * 1000) / rate);
      else send(socket, started + (sent * 1000) / rate);
    }
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  for (let waited = 0; latencies.length < rate * seconds && waited < 200; waited++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
  for (const socket of sockets) socket.destroy();
  return latencies;
}

const END_OF_HEADERS = Buffer.from('\r\n\r\n');

/** Calls `onAnswer` for each whole answer on a connection; anything but a 200 ends the benchmark. */
async function open(url: string, onAnswer: (socket: Socket) => void): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  let pending: Buffer | undefined;
  socket.on('data', (chunk: Buffer) => {
    pending = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    while (pending !== undefined) {
      const end: number = pending.indexOf(END_OF_HEADERS);
      if (end < 0) return;
      const head = pending.toString('latin1', 0, end);
      if (!head.startsWith('HTTP/1.1 200')) throw new Error(pending.toString().slice(0, 600));
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1]);
      if (Number.isNaN(length)) throw new Error('an answer without content-length');
      const whole: number = end + 4 + length;
      if (pending.length < whole) return;
      pending = pending.length === whole ? undefined : pending.subarray(whole);
      onAnswer(socket);
    }
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}
