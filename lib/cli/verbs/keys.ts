// millrace keys create|list|revoke: who may call the API of this home, or of a stage in an account.
import { MillraceError, systemClock } from '../../base/index.ts';
import { openHome, openKeyFile, type Home } from '../../local/index.ts';
import { declaredPredictors } from '../../local/versions.ts';
import type { ApiKey, Scope } from '../../serving/index.ts';
import { stageOf, STAGE_OPTION } from '../stage.ts';
import { table } from '../terminal.ts';
import { present, type Invocation, type Verb } from '../verb.ts';
import { ALL_SCOPES } from './serve.ts';

/** The keys of the home, or of the stage that `--stage` names; both are asked alike. */
interface Keys {
  list(): Promise<readonly ApiKey[]>;
  create(id: string, rights: Omit<ApiKey, 'id' | 'hash'>): Promise<string>;
  revoke(id: string): Promise<void>;
}

async function withKeys<Result>(invocation: Invocation, work: (keys: Keys) => Promise<Result>, create = false): Promise<Result> {
  const { plan = 'standard' } = invocation.options as { plan?: string };
  const stage = await stageOf(invocation);
  if (stage === undefined) {
    const home: Home = await openHome(invocation.home, { create });
    return work(openKeyFile(home, () => Date.now()));
  }
  // Loaded only for who asks for it: the clients of AWS take a while.
  const { openAccountKeys } = await import('../../serving/aws/index.ts');
  const keys = openAccountKeys({ stage: stage.name, region: stage.settings.region, clock: systemClock, environment: invocation.environment });
  try {
    return await work({ list: keys.list, create: (id, rights) => keys.create(id, rights, plan), revoke: keys.revoke });
  } finally {
    keys.close();
  }
}

export const keysCreate: Verb = {
  options: [
    { flags: '--scopes <scopes...>', description: `${ALL_SCOPES.join(', ')}, or predict:<predictor>` },
    { flags: '--rate <number>', description: 'requests a second at most' },
    { flags: '--quota <number>', description: 'requests a day at most' },
    STAGE_OPTION,
    { flags: '--plan <name>', description: 'with --stage: the usage plan that counts it, as the stage declares them; default: standard' },
  ],
  examples: ['millrace keys create web --stage prod --scopes predict price', 'millrace keys create web --scopes predict:conversion price --rate 50', 'millrace keys create checkout --scopes shipping outcomes'],
  async run(invocation) {
    const scopes = (Array.isArray(invocation.options['scopes']) ? invocation.options['scopes'] : []).map(scopeOf);
    if (scopes.length === 0) throw new MillraceError('usage', 'a key without scopes may do nothing', { todo: `Give --scopes: ${ALL_SCOPES.join(', ')}.` });
    const declared = await declaredPredictors(invocation.project);
    const unknown = scopes.map((scope) => /^predict:(.*)$/.exec(scope)?.[1]).find((name) => name !== undefined && !declared.includes(name));
    if (unknown !== undefined) throw new MillraceError('usage', `there is no predictor '${unknown}' that a key could be for`, { todo: `There are ${declared.join(', ')}.` });
    const [rate, quota] = [limitOf(invocation, 'rate'), limitOf(invocation, 'quota')];
    const id = invocation.arguments[0] ?? '';
    if (!/^[a-z][\w-]{0,62}$/.test(id)) throw new MillraceError('usage', `'${id}' does not name a key`, { todo: 'Use letters, digits, _ and -, from a small letter on.' });
    if (invocation.options['stage'] !== undefined && (rate ?? quota) !== undefined) {
      throw new MillraceError('usage', '--rate and --quota are of a home; in an account the usage plan counts', { todo: 'Declare a plan in millrace.config.ts, serving.plans of the stage, and name it by --plan.' });
    }
    const key = await withKeys(invocation, (keys) => keys.create(id, { scopes, ...(rate === undefined ? {} : { ratePerSecond: rate }), ...(quota === undefined ? {} : { dailyQuota: quota }) }), true);
    present(invocation, { id, key, scopes }, () => invocation.terminal.out(`${key}\n  the key of '${id}', shown this once: ${scopes.join(', ')}\n`));
  },
};

export const keysList: Verb = {
  options: [STAGE_OPTION], examples: ['millrace keys list', 'millrace keys list --stage prod'],
  async run(invocation) {
    const keys = await withKeys(invocation, (kept) => kept.list());
    present(invocation, keys.map(({ hash: _hash, ...key }) => key), () => {
      invocation.terminal.out(keys.length === 0 ? 'no keys yet: millrace keys create <id> --scopes …\n' : table(invocation.terminal, ['id', 'scopes', 'a second', 'a day'],
        keys.map(({ id, scopes, ratePerSecond, dailyQuota }) => [id, scopes.join(', '), String(ratePerSecond ?? ''), String(dailyQuota ?? '')])));
    });
  },
};

export const keysRevoke: Verb = {
  options: [STAGE_OPTION], examples: ['millrace keys revoke web', 'millrace keys revoke web --stage prod'],
  async run(invocation) {
    const id = invocation.arguments[0] ?? '';
    await withKeys(invocation, (keys) => keys.revoke(id));
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
