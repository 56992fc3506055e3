// What a workflow's author relies on: data flow, errors, retries, limits, as Step Functions has them.
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { Interpreter, StateFailure, type HistoryEvent, type Json, type Resource, type State, type StateMachine } from '../../lib/workflow/index.ts';
import { VirtualClock } from '../support/virtual-clock.ts';

function machine(states: Record<string, State>, startAt = Object.keys(states)[0] as string): StateMachine {
  return { QueryLanguage: 'JSONata', StartAt: startAt, States: states };
}

async function run(definition: StateMachine, input: Json = {}, resources: Record<string, Resource> = {}, signal?: AbortSignal) {
  const clock = new VirtualClock();
  const events: HistoryEvent[] = [];
  const interpreter = new Interpreter(definition, { resources, clock, random: () => 0.5, onEvent: (event) => events.push(event) });
  const outcome = await interpreter.run(input, { id: 'run-1', name: 'test' }, signal);
  return { outcome, clock, events };
}

const echo: Resource = async (argument) => argument;

describe('data flow', () => {
  it('hands a task its arguments, and its result on through Output and variables', async () => {
    const { outcome } = await run(
      machine({
        first: { Type: 'Task', Resource: 'echo', Arguments: { n: '{% $states.input.n + 1 %}' }, Assign: { seen: '{% $states.result.n %}' }, Output: { doubled: '{% $states.result.n * 2 %}' }, Next: 'second' },
        second: { Type: 'Pass', Output: { seen: '{% $seen %}', doubled: '{% $states.input.doubled %}', run: '{% $states.context.Execution.Id %}' }, End: true },
      }),
      { n: 1 },
      { echo },
    );
    expect(outcome).toEqual({ status: 'succeeded', output: { seen: 2, doubled: 4, run: 'run-1' } });
  });

  it('evaluates Assign and Output on the values before the state', async () => {
    const { outcome } = await run(
      machine({
        set: { Type: 'Pass', Assign: { x: 1 }, Next: 'change' },
        change: { Type: 'Pass', Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'show' },
        show: { Type: 'Pass', Output: ['{% $x %}', '{% $y %}', '{% $states.input %}'], End: true },
      }),
    );
    expect(outcome).toEqual({ status: 'succeeded', output: [2, 1, 1] });
  });

  it('chooses the first rule that holds, else the default, else fails by name', async () => {
    const choose = (withDefault: boolean) => machine({
      pick: { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 10 %}', Next: 'big' }, { Condition: '{% $states.input > 5 %}', Next: 'middle' }], ...(withDefault ? { Default: 'small' } : {}) },
      big: { Type: 'Pass', Output: 'big', End: true },
      middle: { Type: 'Pass', Output: 'middle', End: true },
      ...(withDefault ? { small: { Type: 'Pass' as const, Output: 'small', End: true as const } } : {}),
    });
    expect((await run(choose(true), 11)).outcome).toMatchObject({ output: 'big' });
    expect((await run(choose(true), 6)).outcome).toMatchObject({ output: 'middle' });
    expect((await run(choose(true), 1)).outcome).toMatchObject({ output: 'small' });
    expect((await run(choose(false), 1)).outcome).toMatchObject({ status: 'failed', error: 'States.NoChoiceMatched' });
  });

  it('maps in order whatever order the items end in, never more at once than allowed', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 12 }), fc.integer({ min: 1, max: 5 }), async (delays, limit) => {
      let running = 0;
      let most = 0;
      const clock = new VirtualClock();
      const work: Resource = async (delay) => {
        running += 1;
        most = Math.max(most, running);
        await clock.sleep(Number(delay));
        running -= 1;
        return Number(delay) * 2;
      };
      const definition = machine({ all: { Type: 'Map', MaxConcurrency: limit, ItemProcessor: { StartAt: 'one', States: { one: { Type: 'Task', Resource: 'work', End: true } } }, End: true } });
      const outcome = await new Interpreter(definition, { resources: { work }, clock, random: Math.random }).run(delays, { id: '1', name: 'map' });
      expect(outcome).toEqual({ status: 'succeeded', output: delays.map((delay) => delay * 2) });
      expect(most).toBeLessThanOrEqual(limit);
    }), { numRuns: 25 });
  });

  it('lets branches read outer variables and keeps what they assign to themselves', async () => {
    const { outcome } = await run(machine({
      set: { Type: 'Pass', Assign: { x: 'outer' }, Next: 'both' },
      both: { Type: 'Parallel', Branches: [
        { StartAt: 'a', States: { a: { Type: 'Pass', Assign: { x: 'inner' }, Next: 'a2' }, a2: { Type: 'Pass', Output: '{% $x %}', End: true } } },
        { StartAt: 'b', States: { b: { Type: 'Pass', Output: '{% $x %}', End: true } } },
      ], Output: { branches: '{% $states.result %}', after: '{% $x %}' }, End: true },
    }));
    expect(outcome).toMatchObject({ output: { branches: ['inner', 'outer'], after: 'outer' } });
  });

  it('gives the items of a distributed map no variables, as the service does', async () => {
    const { outcome } = await run(machine({
      set: { Type: 'Pass', Assign: { x: 1 }, Next: 'all' },
      all: { Type: 'Map', Items: [1], ItemProcessor: { ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'one', States: { one: { Type: 'Pass', Output: '{% $x %}', End: true } } }, End: true },
    }));
    expect(outcome).toMatchObject({ status: 'failed', error: 'States.QueryEvaluationError' });
  });
});

describe('failures', () => {
  const failing = (times: number, error = 'Throttled') => {
    let calls = 0;
    const resource: Resource = async () => {
      calls += 1;
      if (calls <= times) throw new StateFailure(error, `call ${calls}`);
      return calls;
    };
    return resource;
  };

  it('retries with growing, capped and jittered waits, then succeeds', async () => {
    const { outcome, clock } = await run(machine({
      work: { Type: 'Task', Resource: 'work', Retry: [{ ErrorEquals: ['Throttled'], IntervalSeconds: 2, BackoffRate: 3, MaxDelaySeconds: 10, MaxAttempts: 4 }], End: true },
    }), {}, { work: failing(3) });
    expect(outcome).toEqual({ status: 'succeeded', output: 4 });
    expect(clock.slept).toEqual([2000, 6000, 10000]);
  });

  it('gives up after MaxAttempts and goes where Catch says, with the error in reach', async () => {
    const { outcome } = await run(machine({
      work: { Type: 'Task', Resource: 'work', Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }], Catch: [{ ErrorEquals: ['Other'], Next: 'no' }, { ErrorEquals: ['States.ALL'], Next: 'handle', Assign: { why: '{% $states.errorOutput.Cause %}' } }], End: true },
      handle: { Type: 'Pass', Output: ['{% $why %}', '{% $states.input.Error %}'], End: true },
      no: { Type: 'Fail' },
    }), {}, { work: failing(9) });
    expect(outcome).toEqual({ status: 'succeeded', output: ['call 2', 'Throttled'] });
  });

  it('counts the attempts of each Retry clause apart', async () => {
    let calls = 0;
    const work: Resource = async () => {
      calls += 1;
      if (calls <= 4) throw new StateFailure(calls % 2 ? 'A' : 'B', String(calls));
      return 'done';
    };
    const { outcome } = await run(machine({ work: { Type: 'Task', Resource: 'work', Retry: [{ ErrorEquals: ['A'], MaxAttempts: 2 }, { ErrorEquals: ['B'], MaxAttempts: 2 }], End: true } }), {}, { work });
    expect(outcome).toEqual({ status: 'succeeded', output: 'done' });
  });

  it('times a task out, aborts it, and does not count that as States.TaskFailed', async () => {
    const clock = new VirtualClock();
    let aborted = false;
    const work: Resource = (_argument, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => { aborted = true; reject(signal.reason as Error); }));
    const definition = machine({ work: { Type: 'Task', Resource: 'work', TimeoutSeconds: 5, Retry: [{ ErrorEquals: ['States.TaskFailed'] }], End: true } });
    const outcome = await new Interpreter(definition, { resources: { work }, clock, random: Math.random }).run({}, { id: '1', name: 't' });
    expect(outcome).toMatchObject({ status: 'failed', error: 'States.Timeout' });
    expect(aborted).toBe(true);
  });

  it('stops the other items when one fails, unless failures are tolerated', async () => {
    const work: Resource = async (item) => { if (item === 2) throw new StateFailure('Bad', 'two'); return item; };
    const map = (tolerated?: number) => machine({ all: { Type: 'Map', ...(tolerated ? { ToleratedFailureCount: tolerated } : {}), MaxConcurrency: 1, ItemProcessor: { StartAt: 'one', States: { one: { Type: 'Task', Resource: 'work', End: true } } }, End: true } });
    expect((await run(map(), [1, 2, 3], { work })).outcome).toMatchObject({ status: 'failed', error: 'Bad' });
    expect((await run(map(1), [1, 2, 3], { work })).outcome).toEqual({ status: 'succeeded', output: [1, { Error: 'Bad', Cause: 'two' }, 3] });
  });

  it('refuses data over 256 KiB between states, and no Catch hides it', async () => {
    const work: Resource = async () => 'x'.repeat(300_000);
    const { outcome } = await run(machine({ work: { Type: 'Task', Resource: 'work', Catch: [{ ErrorEquals: ['States.ALL'], Next: 'ok' }], End: true }, ok: { Type: 'Pass', End: true } }), {}, { work });
    expect(outcome).toMatchObject({ status: 'failed', error: 'States.DataLimitExceeded' });
  });

  it('ends as aborted when the run is stopped', async () => {
    const stop = new AbortController();
    const work: Resource = async () => { stop.abort(new Error('stopped by hand')); return 1; };
    const { outcome } = await run(machine({ work: { Type: 'Task', Resource: 'work', Next: 'after' }, after: { Type: 'Pass', End: true } }), {}, { work }, stop.signal);
    expect(outcome).toEqual({ status: 'aborted' });
  });

  it('fails with the error and cause that Fail computes', async () => {
    const { outcome } = await run(machine({ stop: { Type: 'Fail', Error: 'Refused', Cause: "{% 'because of ' & $states.input.what %}" } }), { what: 'rain' });
    expect(outcome).toEqual({ status: 'failed', error: 'Refused', cause: 'because of rain' });
  });
});

describe('loading', () => {
  const load = (definition: unknown) => () => new Interpreter(definition as StateMachine, { resources: { echo }, clock: new VirtualClock(), random: Math.random });

  it.each([
    ['JSONPath definitions', { StartAt: 'a', States: { a: { Type: 'Pass', End: true } } }, /QueryLanguage/],
    ['a field it does not run', machine({ a: { Type: 'Task', Resource: 'echo', HeartbeatSeconds: 3, End: true } as unknown as State }), /HeartbeatSeconds at a/],
    ['JSONPath fields', machine({ a: { Type: 'Pass', ResultPath: '$.x', End: true } as unknown as State }), /ResultPath/],
    ['an unknown state type', machine({ a: { Type: 'Activity', End: true } as unknown as State }), /Activity/],
    ['an unknown resource', machine({ a: { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true } }), /sqs:sendMessage/],
    ['a Next that leads nowhere', machine({ a: { Type: 'Pass', Next: 'b' } }), /'b', which is not a state/],
    ['a state that nothing reaches', machine({ a: { Type: 'Pass', End: true }, b: { Type: 'Pass', End: true } }), /wrong at b: no path/],
    ['an expression that does not parse', machine({ a: { Type: 'Pass', Output: '{% $states.input. %}', End: true } }), /does not parse/],
    ['a fault deep inside a Map', machine({ a: { Type: 'Map', ItemProcessor: { StartAt: 'x', States: { x: { Type: 'Pass', Next: 'nowhere' } } }, End: true } }), /a\/x/],
  ])('refuses %s, by name', (_what, definition, message) => {
    expect(load(definition)).toThrow(message);
  });
});
