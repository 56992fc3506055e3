// The API behind Node's own HTTP server, without the objects of Fetch in between: those cost as much as an answer does.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { tooLarge, type Api, type ApiAnswer, type ApiRequest } from './api.ts';
import { invalid, notUtf8 } from './problem.ts';
import { refuseNameless } from './refusals.ts';

/** How long the rest of a body that nobody wants is read away, so that its sender gets to see the answer. */
const DRAIN_MS = 500;

/** A body that says it is no larger is read before anything else is done: then most requests are answered without waiting for anything. */
const READ_FIRST_BYTES = 64 * 1024;

/** After a turn with so many answers the next requests are looked for so long before the process sleeps. */
const MANY_TOGETHER = 4;
const LOOKS_MS = 0.5;

interface Answered { incoming: IncomingMessage; outgoing: ServerResponse; answer: ApiAnswer }

/**
 * Answers of one turn of the event loop leave together at its end. Under load a turn has many, and each that leaves alone wakes who waits for it: on one
 * machine that costs as much as computing it. To be woken costs as much, so after such a turn the process stays awake for a moment: its callers are about to
 * ask again.
 */
export function nodeListener(api: Api): RequestListener {
  let ready: Answered[] = [];
  let awakeUntil = 0;
  const sendAll = (): void => {
    const all = ready;
    ready = [];
    for (const answered of all) send(answered);
    if (all.length < MANY_TOGETHER) return;
    awakeUntil = performance.now() + LOOKS_MS;
    setImmediate(look);
  };
  const look = (): void => {
    if (ready.length === 0 && performance.now() < awakeUntil) setImmediate(look);
  };
  const sendSoon = (incoming: IncomingMessage, outgoing: ServerResponse, answer: ApiAnswer): void => {
    if (ready.push({ incoming, outgoing, answer }) === 1) setImmediate(sendAll);
  };
  const respond = (incoming: IncomingMessage, outgoing: ServerResponse, body?: Buffer): void => {
    const answer = api.answer(new NodeRequest(incoming, body));
    if (answer instanceof Promise) void answer.then((waited) => sendSoon(incoming, outgoing, waited));
    else sendSoon(incoming, outgoing, answer);
  };
  return (incoming, outgoing) => {
    if (incoming.headers.host === undefined && incoming.httpVersion === '1.1') {
      refuseNameless(outgoing);
      return;
    }
    const length = Number(incoming.headers['content-length']);
    if (length > 0 && length <= READ_FIRST_BYTES) readFirst(incoming, length, (body) => respond(incoming, outgoing, body));
    else respond(incoming, outgoing);
  };
}

/** A caller that goes away before its end gets no answer. */
function readFirst(incoming: IncomingMessage, length: number, then: (body: Buffer) => void): void {
  let body: Buffer | undefined;
  incoming.on('data', (part: Buffer) => {
    body = body === undefined ? part : Buffer.concat([body, part]);
    if (body.length === length) then(body);
  });
  // Now, and not a tick later: the body mostly comes with the head, and need not go through a buffer then.
  incoming.read(0);
}

class NodeRequest implements ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly #incoming: IncomingMessage;
  readonly #body: Buffer | undefined;

  /** `body`: where all of it is here already. */
  constructor(incoming: IncomingMessage, body: Buffer | undefined) {
    const { method = 'GET' } = incoming;
    const url = originForm(incoming.url ?? '/');
    const question = url.indexOf('?');
    this.method = method;
    this.path = question < 0 ? url : url.slice(0, question);
    this.query = question < 0 ? '' : url.slice(question + 1);
    this.#incoming = incoming;
    this.#body = body;
  }

  header(name: string): string | undefined {
    const value = this.#incoming.headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  text(mostBytes: number): Promise<string> | string {
    return this.#body === undefined ? textOf(this.#incoming, mostBytes) : decoded(this.#body);
  }
}

/** Proxies send the whole URL (RFC 9112, 3.2.2). */
function originForm(url: string): string {
  return url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
}

function textOf(incoming: IncomingMessage, mostBytes: number): Promise<string> {
  return new Promise<Buffer>((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    incoming.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= mostBytes) parts.push(part);
      else reject(tooLarge(mostBytes));
    });
    incoming.on('end', () => resolve(Buffer.concat(parts)));
    incoming.on('error', () => reject(invalid('the body ended before its time')));
  }).then(decoded);
}

const BYTE_ORDER_MARK = 0xfeff;

/** @throws Problem where a letter would have to be replaced: without a word, that would make another id of an id. */
function decoded(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw notUtf8();
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

function send({ incoming, outgoing, answer: { status, headers, body } }: Answered): void {
  const length = Buffer.byteLength(body);
  headers['content-length'] = String(length);
  if (!incoming.complete) {
    headers['connection'] = 'close';
    incoming.resume();
    setTimeout(() => incoming.complete || incoming.destroy(), DRAIN_MS).unref();
  }
  outgoing.writeHead(status, headers);
  // Of plain letters alone nothing has to be encoded.
  outgoing.end(body, length === body.length ? 'latin1' : 'utf8');
}
