// An experiment from its declaration to its report: created by the command line, asked over HTTP, answered with outcomes, delivered, computed and read.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram, VERBS, type Terminal } from '../../../lib/cli/index.ts';
import { openApiService, openDeliver, openEndpoint, openRuntime, registryOf, type OpenApiService, type OpenEndpoint, type Runtime, type StreamService } from '../../../lib/local/index.ts';
import { CARD, INPUTS, PROJECT, STUMP } from '../monitoring/shop.ts';

const DAY = 86_400_000;
let [root, home, key] = ['', '', ''];
let runtime: Runtime;
let endpoint: OpenEndpoint;
let api: OpenApiService;
const stop = new AbortController();
const running: Promise<void>[] = [];

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'millrace-experiment-'));
  home = path.join(root, 'home');
  runtime = await openRuntime({ home, project: PROJECT, create: true });
  const registry = registryOf(runtime);
  for (const [version, alias] of [['1', 'champion'], ['2', 'challenger']] as const) {
    await registry.register(CARD, { kind: 'trees', model: { ...STUMP, baseScore: Number(version) / 10 } });
    await registry.setAlias('conversion', alias, version, Date.now());
  }
  endpoint = await openEndpoint({ home: runtime.home, contracts: (await runtime.project()).sources.values(), clock: runtime.clock, port: 0 });
}, 60_000);
afterAll(async () => {
  stop.abort();
  await Promise.all(running);
  await endpoint.close();
  await runtime.close();
  await rm(root, { recursive: true, force: true });
});

async function millrace(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const terminal: Terminal = { out: (text) => void (out += text), err: (text) => void (err += text), interactive: false, colours: false, columns: 160 };
  const code = await runProgram([...argv, '--home', home], VERBS, { project: PROJECT, version: '9.9.9', terminal, environment: {}, signal: new AbortController().signal });
  return { code, out, err };
}

async function post(route: string, body: unknown): Promise<Record<string, never>> {
  const response = await fetch(`${api.server.url}${route}`, { method: 'POST', headers: { 'x-api-key': key, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, never>;
}

it.each([
  ['a setting that is none', ['--variants', 'control', 'lower:treshold=79'], /cannot set treshold/],
  ['an outcome that nobody can report', ['--variants', 'control', 'lower:threshold=79', '--metric', 'proportion:clicks'], /nobody can report the outcome 'clicks'/],
  ['a mean without figures', ['--variants', 'control', 'lower:threshold=79', '--metric', 'mean:purchase', '--deviation', '5'], /cannot be computed without --baseline/],
  ['a share of today that is none', ['--variants', 'control', 'lower:threshold=79', '--baseline', '4'], /--baseline is '4'[^]*0.04 or 4%/],
  ['a change that leaves no share', ['--variants', 'control', 'lower:threshold=79', '--baseline', '90%', '--uplift', '50%'], /--uplift is '50%'[^]*0.9 × \(1 \+ 0.5\) is 1.35/],
  ['one variant', ['--variants', 'control'], /--variants names one/],
  ['a variant twice', ['--variants', 'control', 'lower:threshold=79', 'lower:threshold=59'], /two variants 'lower'/],
  ['a share of nothing', ['--variants', 'control', 'lower:threshold=79,weight=0'], /'lower' needs/],
  ['a predictor that is none', ['--subject', 'predict:magic', '--variants', 'control', 'treated:alias=challenger'], /no predictor 'magic'.*\n.*conversion/],
  ['a policy that is none', ['--subject', 'price', '--variants', 'control', 'treated:policy=magic'], /policy to magic[^]*rule, model, bandit, list/],
  ['a subject that is none', ['--subject', 'weather', '--variants', 'control', 'treated:alias=challenger'], /cannot be about 'weather'/],
  ['a guardrail twice', ['--variants', 'control', 'lower:threshold=79', '--guardrail', 'ratio:purchase:0.5', 'ratio:purchase:0.2'], /--guardrail gives ratio_purchase_guardrail twice/],
  ['a target in two parts', ['--variants', 'control', 'lower:threshold=79', '--target', 'device=mobile', 'device=app'], /--target gives device twice[^]*device=mobile,app/],
  ['a ramp in words', ['--variants', 'control', 'lower:threshold=79', '--ramp', 'some'], /ramp is 'some'/],
])('refuses %s', async (_, options, message) => {
  expect(await millrace('experiment', 'create', 'odd', ...options)).toMatchObject({ code: expect.toSatisfy((code: number) => code === 2 || code === 3) as number, err: expect.stringMatching(message) as string });
});

it('does not start beside a canary of its predictor, nor lets one start', async () => {
  expect((await millrace('experiment', 'create', 'beside', '--subject', 'predict:conversion', '--variants', 'control', 'treated:alias=challenger')).code).toBe(0);
  expect((await millrace('promote', 'conversion', '2', '--canary', '10%')).code).toBe(0);
  expect(await millrace('experiment', 'start', 'beside')).toMatchObject({ code: 5, err: expect.stringMatching(/version 2 of conversion is a canary, and the experiment 'beside'[^]*millrace rollback conversion/) as string });
  expect((await millrace('experiment', 'list', '--json')).out).toMatch(/"state": ?"draft"/);
  // Where nothing is decided about that model, it is in nobody's way.
  expect((await millrace('experiment', 'create', 'free_79', '--variants', 'control', 'lower:threshold=79', '--baseline', '4%', '--uplift', '10%')).out).toContain('+10.0 % from 4.0 % four times in five');
  expect((await millrace('experiment', 'start', 'free_79')).code).toBe(0);
  expect((await millrace('rollback', 'conversion')).code).toBe(0);
  await registryOf(runtime).setAlias('conversion', 'challenger', '2', Date.now());
  expect((await millrace('experiment', 'start', 'beside')).code).toBe(0);
  expect(await millrace('promote', 'conversion', '2', '--canary', '10%')).toMatchObject({ code: 5, err: expect.stringContaining("the experiment 'beside' decides") as string });
  for (const name of ['beside', 'free_79']) expect((await millrace('experiment', 'stop', name)).code).toBe(0);
});

it('goes from create to an honest report', async () => {
  const create = ['experiment', 'create', 'new_model', '--subject', 'predict:conversion', '--variants', 'control', 'treated:alias=challenger', '--metric', 'proportion:purchase', '--guardrail', 'ratio:purchase:0.5', 'proportion:abandonment:0.2',
    '--baseline', '0.2', '--uplift', '0.8', '--ramp', '0.4', '--window', '72'];
  expect((await millrace(...create)).out).toMatch(/visitors in each variant find a change of \+80/);
  expect((await millrace('experiment', 'stop', 'new_model')).err).toMatch(/does not run/);
  expect((await millrace('experiment', 'start', 'new_model')).out).toBe('new_model runs: the API assigns units from now on\n');
  expect((await millrace('experiment', 'create', 'too_early', '--subject', 'predict:churn', '--variants', 'control', 'treated:alias=challenger')).code).toBe(0);
  expect((await millrace('experiment', 'start', 'too_early')).out).toMatch(/churn has no champion in this home yet: nobody takes part here until `millrace promote` makes one/);
  expect((await millrace('experiment', 'start', 'new_model')).err).toMatch(/is running/);
  expect((await millrace(...create)).err).toMatch(/there is an experiment 'new_model' already/);
  expect((await millrace('experiment', 'ramp', 'new_model', '0.2')).err).toMatch(/lets 0.4 of the units in already/);
  expect((await millrace('experiment', 'ramp', 'new_model', '0.9')).code).toBe(0);
  expect((await millrace('experiment', 'list')).out).toMatch(/new_model +predict:conversion +running/);
  expect((await millrace('experiment', 'report', 'new_model')).out).toMatch(/nothing to compare yet/);

  api = await openApiService(runtime, { port: 0, put: (stream, records) => endpoint.streams.put(stream, records) });
  key = api.keys.addForNow('test', { scopes: ['predict', 'outcomes'] });
  running.push(api.run(stop.signal), (await openDeliver(runtime, endpoint.source, { intervalMilliseconds: 50 }) satisfies StreamService).run(stop.signal));

  const given = Object.fromEntries(INPUTS.map((name) => [name, 1]));
  const variants = new Map<string, string>();
  const outcomes: Record<string, unknown>[] = [];
  let [outside, answered] = [0, ''];
  for (let from = 0; from < 800; from += 50) {
    const rows = Array.from({ length: 50 }, (_, index) => ({ visitorid: `v${from + index}`, itemid: 'i1', ...given }));
    const { predictions } = await post('/v1/predict/conversion', { rows, attributes: { device: from % 100 === 0 ? 'app' : 'desktop' } }) as unknown as { predictions: { prediction_id: string; variant: string | null; version: string; fallback: boolean }[] };
    predictions.forEach(({ prediction_id, variant, version, fallback }, index) => {
      answered = prediction_id;
      const [visitor, number] = [`v${from + index}`, from + index];
      expect([fallback, version]).toEqual([false, variant === 'treated' ? '2' : '1']);
      if (variant === null) outside += 1;
      else variants.set(visitor, variant);
      // By the answer or by the visitor, sent twice, and some of before: the report counts what it should.
      const share = variant === 'treated' ? 5 : 2;
      if (number % 10 < share) outcomes.push({ ...(number % 2 === 0 ? { prediction_id } : { unit: visitor }), outcome: 'purchase', value: 40 + number % 7, outcome_id: `o${number}` });
      if (number % 3 === 0) outcomes.push({ unit: visitor, outcome: 'purchase', value: 10, occurred_at: Date.now() - 5 * DAY, outcome_id: `before-${number}` });
      if (number % 10 === 9) outcomes.push({ unit: visitor, outcome: 'abandonment', outcome_id: `left-${number}` });
    });
  }
  expect(outside).toBeGreaterThan(40);
  expect(outside).toBeLessThan(130);
  for (let from = 0; from < outcomes.length; from += 100) for (let again = 0; again < 2; again++) await post('/v1/outcomes', { outcomes: outcomes.slice(from, from + 100) });

  const engine = await runtime.engine();
  const counted = async (table: string): Promise<number> => ((await runtime.lake.tableExists({ namespace: 'bronze', name: table })) ? Number((await engine.query(`SELECT count(*) FROM bronze.${table}`)).rows[0]![0]) : 0);
  for (const since = Date.now(); (await counted('predictions')) < 800 || (await counted('outcomes')) < 2 * outcomes.length;) {
    if (Date.now() - since > 20_000) throw new Error(`${await counted('predictions')} predictions and ${await counted('outcomes')} outcomes reached bronze`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const ran = await millrace('run', 'batch', '--select', 'silver.predictions+', 'silver.outcomes+');
  expect(ran.code, `${ran.out}${ran.err}`).toBe(0);

  const report = JSON.parse((await millrace('experiment', 'report', 'new_model', '--json')).out) as {
    verdict: Record<string, string>; assigned: Record<string, number>; mismatch: { found: boolean };
    comparisons: { metric: string; controlMean: number; variantMean: number; units: number[]; broken?: boolean; difference?: { pValue: number; interval: number[] } }[]; segments: { segment: string; metric: string }[];
  };
  const assigned = (variant: string): string[] => [...variants].filter(([, one]) => one === variant).map(([visitor]) => visitor);
  expect(report.assigned).toEqual({ control: assigned('control').length, treated: assigned('treated').length });
  const buyers = (variant: string, share: number): number => assigned(variant).filter((visitor) => Number(visitor.slice(1)) % 10 < share).length;
  const [orders, value, left] = report.comparisons;
  expect(orders).toMatchObject({ metric: 'proportion_purchase', controlMean: buyers('control', 2) / assigned('control').length, variantMean: buyers('treated', 5) / assigned('treated').length });
  expect(orders!.difference!.interval[0]).toBeGreaterThan(0);
  expect(value).toMatchObject({ metric: 'ratio_purchase_guardrail', controlMean: expect.closeTo(43, 0) as number });
  expect(left).toMatchObject({ metric: 'proportion_abandonment_guardrail', broken: false });
  expect(report).toMatchObject({ verdict: { treated: 'better' }, mismatch: { found: false } });
  expect(new Set(report.segments.map(({ segment }) => segment))).toEqual(new Set(['device app', 'device desktop']));
  const words = (await millrace('experiment', 'report', 'new_model')).out;
  expect(words).toMatch(/treated: better on purchase/);
  expect(words).toMatch(/each interval holds at every look, however often: 95.0 % over all of them together/);
  expect(words).toMatch(/segment, for reading only[\s\S]*device app/);

  // What the request gave itself is its own, now and when it is computed again.
  expect((await millrace('explain', answered)).out).toMatch(/visitor\.views_7d +1 +the request/);
  expect((await millrace('reproduce', answered)).code).toBe(0);

  expect((await millrace('experiment', 'stop', 'new_model')).code).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 5_500));
  const { predictions: [after] } = await post('/v1/predict/conversion', { rows: [{ visitorid: assigned('treated')[0]!, itemid: 'i1', ...given }] }) as unknown as { predictions: { version: string; variant: null }[] };
  expect(after).toMatchObject({ version: '1', variant: null });
}, 120_000);
