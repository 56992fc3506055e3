// millrace keys create|list|revoke: who may call the API of this home.
import { MillraceError } from '../../base/index.ts';
import { openHome, openKeyFile, type Home } from '../../local/index.ts';
import type { Scope } from '../../serving/index.ts';
import { table } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';
import { ALL_SCOPES } from './serve.ts';

const ID = { name: '<id>', description: 'names the key in logs: web, checkout, …' };
const open = async (invocation: Invocation, create = false): Promise<ReturnType<typeof openKeyFile>> => {
  const home: Home = await openHome(invocation.home, { create });
  return openKeyFile(home, () => Date.now());
};

export const keysCreate: Verb = {
  name: 'keys create',
  summary: 'make an API key; it is shown once and kept nowhere but as a hash',
  arguments: [ID],
  options: [
    { flags: '--scopes <scopes...>', description: `${ALL_SCOPES.join(', ')}, or predict:<predictor>` },
    { flags: '--rate <number>', description: 'requests a second at most' },
    { flags: '--quota <number>', description: 'requests a day at most' },
  ],
  examples: ['millrace keys create web --scopes predict:conversion price --rate 50', 'millrace keys create checkout --scopes shipping outcomes'],
  async run(invocation) {
    const scopes = (Array.isArray(invocation.options['scopes']) ? invocation.options['scopes'] : []).map(scopeOf);
    if (scopes.length === 0) throw new MillraceError('usage', 'a key without scopes may do nothing', { todo: `Give --scopes: ${ALL_SCOPES.join(', ')}.` });
    const [rate, quota] = [limitOf(invocation, 'rate'), limitOf(invocation, 'quota')];
    const id = invocation.arguments[0] ?? '';
    if (!/^[a-z][\w-]{0,62}$/.test(id)) throw new MillraceError('usage', `'${id}' does not name a key`, { todo: 'Use letters, digits, _ and -, from a small letter on.' });
    const key = await (await open(invocation, true)).create(id, { scopes, ...(rate === undefined ? {} : { ratePerSecond: rate }), ...(quota === undefined ? {} : { dailyQuota: quota }) });
    present(invocation, { id, key, scopes }, () => invocation.terminal.out(`${key}\n  the key of '${id}', shown this once: ${scopes.join(', ')}\n`));
  },
};

export const keysList: Verb = {
  name: 'keys list', summary: 'the API keys of this home', examples: ['millrace keys list'],
  async run(invocation) {
    const keys = await (await open(invocation)).list();
    present(invocation, keys.map(({ hash: _hash, ...key }) => key), () => {
      invocation.terminal.out(keys.length === 0 ? 'no keys yet: millrace keys create <id> --scopes …\n' : table(invocation.terminal, ['id', 'scopes', 'a second', 'a day'],
        keys.map(({ id, scopes, ratePerSecond, dailyQuota }) => [id, scopes.join(', '), String(ratePerSecond ?? ''), String(dailyQuota ?? '')])));
    });
  },
};

export const keysRevoke: Verb = {
  name: 'keys revoke', summary: 'take a key back: within a second nobody gets in by it', arguments: [ID], examples: ['millrace keys revoke web'],
  async run(invocation) {
    const id = invocation.arguments[0] ?? '';
    await (await open(invocation)).revoke(id);
    present(invocation, { revoked: id }, () => invocation.terminal.out(`'${id}' is revoked\n`));
  },
};

function scopeOf(text: string): Scope {
  if (!(ALL_SCOPES as readonly string[]).includes(text) && !/^predict:.+/.test(text)) throw new MillraceError('usage', `there is no scope '${text}'`, { todo: `There are ${ALL_SCOPES.join(', ')} and predict:<predictor>.` });
  return text as Scope;
}

function limitOf({ options }: Invocation, name: string): number | undefined {
  if (options[name] === undefined) return undefined;
  const value = Number(options[name]);
  if (!(value > 0)) throw new MillraceError('usage', `--${name} wants a number above 0, not '${String(options[name])}'`);
  return value;
}
