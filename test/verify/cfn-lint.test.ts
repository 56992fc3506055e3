// The templates of every kind of stage, read by a linter that knows CloudFormation's schemas and that we did not write. It needs no network.
import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { synthesise } from '../aws/support/stage.ts';
import { cfnLint } from './support/engines.ts';

const folders: string[] = [];
afterAll(async () => { for (const folder of folders) await rm(folder, { recursive: true, force: true }); });

interface Finding { Rule: { Id: string }; Location: { Path: (string | number)[] }; Message: string }

/** All findings; W3005 is CDK's habit of naming dependencies that a reference has already. */
function lint(templates: readonly string[]): string[] {
  const run = (): string => {
    try {
      return execFileSync(cfnLint(), ['--ignore-checks', 'W3005', '--format', 'json', '--', ...templates], { encoding: 'utf8', maxBuffer: 1 << 26 });
    } catch (error) {
      return (error as { stdout: string }).stdout;
    }
  };
  return (JSON.parse(run()) as Finding[]).map(({ Rule, Location, Message }) => `${Rule.Id} ${Location.Path.join('/')}: ${Message}`);
}

it.each(['dev', 'shared', 'roomy', 'scratch'])('finds nothing wrong with the templates of %s', async (stage) => {
  const { folder } = await synthesise({ stage });
  folders.push(folder);
  const out = join(folder, 'cdk.out');
  const templates = (await readdir(out)).filter((name) => name.endsWith('.template.json')).map((name) => join(out, name));
  expect(templates).toHaveLength(5);
  expect(lint(templates)).toEqual([]);
}, 180_000);

it('is a linter that finds something', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-lint-'));
  folders.push(folder);
  const template = join(folder, 'wrong.template.json');
  await writeFile(template, JSON.stringify({ Resources: { Stream: { Type: 'AWS::Kinesis::Stream', Properties: { ShardCount: 1, Colour: 'blue' } } } }));
  expect(lint([template]).join('\n')).toContain('Colour');
});
