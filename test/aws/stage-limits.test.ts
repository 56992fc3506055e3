// Settings that a service would refuse are refused before anything is deployed.
import { describe, expect, it } from 'vitest';
import { checkStage } from '../../lib/stacks/stage-limits.ts';
import type { StageSettings } from '../../lib/base/index.ts';

const good: StageSettings = { region: 'eu-central-1', scanLimitBytes: 1, deletable: false };
const refused = (more: Partial<StageSettings>) => {
  try {
    checkStage('dev', { ...good, ...more });
  } catch (error) {
    return [(error as Error).message, (error as { todo?: string }).todo];
  }
  return undefined;
};

describe('a setting', () => {
  it('that is out of what the service takes is told by its name, with what it may be', () => {
    expect(refused({ stream: { bufferSeconds: 1000 } })).toEqual(["stream.bufferSeconds of stage 'dev' is 1000", 'It is a whole number from 0 to 900.']);
    expect(refused({ stream: { retentionHours: 12 } })).toEqual(["stream.retentionHours of stage 'dev' is 12", 'It is a whole number from 24 to 8760.']);
    expect(refused({ stream: { shards: 1.5 } })).toEqual(["stream.shards of stage 'dev' is 1.5", 'It is a whole number from 1 on.']);
    expect(refused({ stream: { rejectedShare: 5 } })?.[0]).toBe("stream.rejectedShare of stage 'dev' is 5");
    expect(refused({ stream: { producers: ['12345'] } })).toEqual(["stream.producers of stage 'dev' is '12345'", 'Name an account by its twelve digits, or a role by its ARN.']);
    expect(refused({ upkeep: { orphansAfterHours: 0 } })?.[0]).toBe("upkeep.orphansAfterHours of stage 'dev' is 0");
    expect(refused({ bigFiles: { diskGb: 500 } })?.[1]).toBe('It is a whole number from 21 to 200.');
  });

  it('that is left out, or fits, is fine', () => {
    expect(refused({})).toBeUndefined();
    expect(refused({ stream: { bufferSeconds: 0, refreshMinutes: 0, producers: ['123456789012', 'arn:aws:iam::210987654321:role/till'] }, bigFiles: {}, upkeep: {} })).toBeUndefined();
  });
});
