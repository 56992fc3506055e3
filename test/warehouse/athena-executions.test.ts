// What the Athena engine does with failures: tried again where that helps, never where it does not, stopped when told to.
import type { AthenaClient } from '@aws-sdk/client-athena';
import { describe, expect, it } from 'vitest';
import { Executions } from '../../lib/warehouse/athena/executions.ts';
import { inBatches, partitionExpressions } from '../../lib/warehouse/athena/partition-batches.ts';
import { physicalSql } from '../../lib/warehouse/athena/physical.ts';
import { resultValue } from '../../lib/warehouse/athena/values.ts';
import type { Schema } from '../../lib/lake/index.ts';

type Input = Record<string, unknown>;

/** A service that answers each command from a script, and a clock that does not wait. */
function athena(outcomes: (string | undefined)[], onStart: (input: Input) => void = () => undefined) {
  const sent: { command: string; input: Input }[] = [];
  const waits: number[] = [];
  const client = {
    send: async ({ constructor, input }: { constructor: { name: string }; input: Input }) => {
      sent.push({ command: constructor.name.replace('Command', ''), input });
      if (constructor.name === 'StartQueryExecutionCommand') {
        onStart(input);
        return { QueryExecutionId: `q${sent.length}` };
      }
      if (constructor.name !== 'GetQueryExecutionCommand') return {};
      const reason = outcomes.length > 0 ? outcomes.shift() : undefined;
      if (reason === 'RUNNING') return { QueryExecution: { Status: { State: 'RUNNING' } } };
      return { QueryExecution: { QueryExecutionId: input['QueryExecutionId'], Status: reason === undefined ? { State: 'SUCCEEDED' } : { State: 'FAILED', StateChangeReason: reason } } };
    },
  } as unknown as AthenaClient;
  const clock = {
    now: () => 0,
    sleep: async (milliseconds: number, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      waits.push(milliseconds);
    },
  };
  return { executions: new Executions({ client, workgroup: 'primary', clock, random: () => 0.5 }), sent, waits, starts: () => sent.filter(({ command }) => command === 'StartQueryExecution') };
}

const named = (name: string) => Object.assign(new Error(name), { name });

describe('a statement sent to Athena', () => {
  it.each(['ICEBERG_COMMIT_ERROR: Failed to commit', 'THROTTLED: slow down', 'Query exhausted resources at this scale factor'])('is started anew after %s, a little later each time', async (reason) => {
    const { executions, starts, waits } = athena([reason, reason, undefined]);
    await executions.run('INSERT …');
    expect(starts()).toHaveLength(3);
    expect(new Set(starts().map(({ input }) => input['ClientRequestToken'])).size).toBe(3);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
  });

  it.each([
    ['ICEBERG_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers', 'unsupported'],
    ['TABLE_NOT_FOUND: line 1:15: Table does not exist', 'not_found'],
    ['DIVISION_BY_ZERO: Division by zero', 'bad_input'],
    ['Bytes scanned limit was exceeded', 'usage'],
  ])('is not tried again after %s', async (reason, code) => {
    const { executions, starts } = athena([reason]);
    await expect(executions.run('SELECT 1')).rejects.toMatchObject({ code, message: reason });
    expect(starts()).toHaveLength(1);
  });

  it('is sent again under the same token while there are too many requests', async () => {
    let refusals = 2;
    const { executions, starts } = athena([], () => {
      if (refusals > 0) { refusals -= 1; throw named('TooManyRequestsException'); }
    });
    await executions.run('SELECT 1');
    expect(new Set(starts().map(({ input }) => input['ClientRequestToken'])).size).toBe(1);
    expect(starts()).toHaveLength(3);
  });

  it('waits for its turn where many are sent at once, so that the quota of the account is left to others too', async () => {
    const { executions, sent } = athena([]);
    await Promise.all(Array.from({ length: 40 }, (_, i) => executions.run(`SELECT ${i}`)));
    const running = new Set<unknown>();
    let most = 0;
    sent.forEach(({ command, input }, at) => {
      if (command === 'StartQueryExecution') running.add(`q${at + 1}`);
      else running.delete(input['QueryExecutionId']);
      most = Math.max(most, running.size);
    });
    expect(sent.filter(({ command }) => command === 'StartQueryExecution')).toHaveLength(40);
    expect(most).toBe(8);
  });

  it('gives up after some tries, with the reason', async () => {
    const { executions, starts } = athena(Array.from({ length: 20 }, () => 'ICEBERG_COMMIT_ERROR: lost'));
    await expect(executions.run('INSERT …')).rejects.toMatchObject({ code: 'conflict' });
    expect(starts()).toHaveLength(6);
  });

  it('is stopped when the run is', async () => {
    const controller = new AbortController();
    const { executions, sent } = athena(['RUNNING', 'RUNNING', 'RUNNING'], () => controller.abort(new Error('enough')));
    await expect(executions.run('SELECT 1', controller.signal)).rejects.toMatchObject({ code: 'interrupted' });
    expect(sent.map(({ command }) => command)).toContain('StopQueryExecution');
  });

  it('longer than Athena takes is refused before it is sent', async () => {
    const { executions, sent } = athena([]);
    await expect(executions.run(`SELECT '${'x'.repeat(262_144)}'`)).rejects.toMatchObject({ code: 'unsupported' });
    expect(sent).toEqual([]);
  });
});

describe('names and values', () => {
  it('become those of the stage', () => {
    expect(physicalSql('SELECT o.x FROM silver.orders FOR VERSION AS OF 12 AS o JOIN gold.b ON TRUE JOIN silver."c$files" AS f ON TRUE', 'millrace_dev_'))
      .toBe('SELECT o.x FROM "millrace_dev_silver"."orders" FOR VERSION AS OF 12 AS o JOIN "millrace_dev_gold"."b" AS "b" ON TRUE JOIN "millrace_dev_silver"."c$files" AS f ON TRUE');
  });

  it.each([
    [undefined, 'varchar', null], ['', 'varchar', ''], ['9007199254740993', 'bigint', 9007199254740993n], ['1.0E7', 'double', 1e7], ['NaN', 'double', NaN], ['true', 'boolean', true],
    ['2018-05-01 10:00:00.500000', 'timestamp(6)', '2018-05-01 10:00:00.5'], ['2018-05-01 10:00:00.000000', 'timestamp(6)', '2018-05-01 10:00:00'],
    ['2018-05-01 10:00:00.120 UTC', 'timestamp(3) with time zone', '2018-05-01 10:00:00.12 UTC'], ['12.5000', 'decimal(18,4)', '12.5000'],
  ])('of Athena: %s as %s', (text, type, value) => {
    expect(resultValue(text, type)).toEqual(value);
  });
});

describe('pieces of at most 100 partitions', () => {
  const schema: Schema = { type: 'struct', 'schema-id': 0, fields: [{ id: 1, name: 'day', required: false, type: 'date' }, { id: 2, name: 'id', required: false, type: 'string' }] };
  const spec = (...transforms: string[]) => ({ 'spec-id': 0, fields: transforms.map((transform, index) => ({ 'source-id': transform.startsWith('bucket') ? 2 : 1, 'field-id': 1000 + index, name: `p${index}`, transform: transform as never })) });
  const columns = [{ name: 'p0', type: 'date' }];
  const months = (count: number) => Array.from({ length: count }, (_, index) => [index === 0 ? null : `2018-01-${String(index).padStart(2, '0')}`]);

  it('leave a SELECT of few partitions as it is, and cover every row of one of many exactly once', () => {
    const { expressions, buckets } = partitionExpressions(schema, spec('month'));
    expect(inBatches('SELECT 1', expressions, buckets, columns, months(100))).toEqual(['SELECT 1']);
    const pieces = inBatches('SELECT 1', expressions, buckets, columns, months(101));
    expect(pieces).toHaveLength(2);
    expect(pieces.join('\n').match(/date_trunc\('month', "day"\) (= CAST\('[^']+' AS date\)|IS NULL)/g)).toHaveLength(101);
  });

  it('count every bucket of a group', () => {
    const { expressions, buckets } = partitionExpressions(schema, spec('month', 'bucket[40]'));
    expect(inBatches('SELECT 1', expressions, buckets, columns, months(5))).toHaveLength(3);
    expect(() => partitionExpressions(schema, spec('bucket[101]'))).toThrow('101 buckets');
  });
});
