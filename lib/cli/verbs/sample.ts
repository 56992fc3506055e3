// millrace sample: generated files of a shop, with known defects and known totals.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { generateSample, PROFILES, type Profile } from '../../../samples/index.ts';
import { number, progressLine, seconds, table } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const sample: Verb = {
  description: 'Writes deterministic files, with defects planted at a stated rate, and truth.json, which counts the defects and states the totals that a right pipeline must reach.',
  options: [
    { flags: '--profile <name>', description: 'shop: all sources, coherent, quick; olist, retailrocket: their published cardinalities', default: 'shop', choices: PROFILES },
    { flags: '--scale <factor>', description: 'how much of it', default: '1' },
    { flags: '--seed <number>', description: 'another seed, another shop', default: '7' },
    { flags: '--defects <rate>', description: 'share of rows that are planted defects' },
    { flags: '--broken-files', description: 'add files that are broken as a whole' },
    { flags: '--out <dir>', description: 'where to write; a folder a source' },
  ],
  examples: ['millrace sample --out /tmp/shop', 'millrace sample --profile olist --scale 0.1 --out /tmp/olist && millrace ingest /tmp/olist'],
  async run(invocation) {
    const { options, terminal } = invocation;
    if (typeof options['out'] !== 'string') throw new MillraceError('usage', '--out DIR is missing', { todo: 'millrace sample --out DIR' });
    const out = path.resolve(options['out']);
    const started = Date.now();
    const line = progressLine(terminal);
    const truth = await generateSample({
      profile: options['profile'] as Profile,
      scale: numberOf('--scale', options['scale'], 0.01, 100),
      seed: numberOf('--seed', options['seed'], 0, 2 ** 32 - 1),
      out,
      ...(options['defects'] === undefined ? {} : { defectRate: numberOf('--defects', options['defects'], 0, 0.2) }),
      brokenFiles: options['brokenFiles'] === true,
      signal: invocation.signal,
      onProgress: ({ file }) => line.show(`writing ${file}`),
    });
    line.clear();
    present(invocation, { out, truth }, () => {
      terminal.out(table(terminal, ['source', 'files', 'rows', 'bad', 'duplicate', 'superseded'], Object.entries(truth.sources).map(([name, one]) => [name, number(one.files.length), number(one.rows), number(one.rejected), number(one.exact_duplicates), number(one.superseded)])));
      terminal.out(`\nwritten to ${out} in ${seconds(Date.now() - started)}; truth.json says what a right pipeline must find\n`);
    });
  },
};

function numberOf(flag: string, value: unknown, low: number, high: number): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < low || number > high) throw new MillraceError('usage', `${flag} wants a number from ${low} to ${high}, not '${String(value)}'`);
  return number;
}
