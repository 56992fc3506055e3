// millrace test: the models' own tests, data beside the SQL.
import path from 'node:path';
import { MillraceError } from '../../base/index.ts';
import { didYouMean, loadModelTests, Relations, runModelTests } from '../../warehouse/index.ts';
import { withRuntime } from '../runtime.ts';
import { number, paint } from '../terminal.ts';
import { present, type Verb } from '../verb.ts';

export const testVerb: Verb = {
  description: "Runs the tests that lie beside the models as data: given rows, the model's SELECT, expected rows. Needs no landed file. Exit code 6 where one fails.",
  examples: ['millrace test', 'millrace test gold.customer_metrics'],
  async run(invocation) {
    return withRuntime(invocation, async (runtime) => {
      const project = await runtime.project();
      const all = await loadModelTests(path.join(invocation.project, 'sql'), project);
      const unknown = invocation.arguments.find((name) => !project.models.has(name));
      if (unknown !== undefined) throw new MillraceError('not_found', `no model is called '${unknown}'`, { todo: didYouMean(unknown, [...project.models.keys()]) ?? '`millrace tables` lists them.' });
      const tests = invocation.arguments.length === 0 ? all : all.filter(({ model }) => invocation.arguments.includes(model));
      const results = await runModelTests(tests, { project, engine: await runtime.engine(), relations: new Relations(project, runtime.lake), shop: project.config.shop });
      const failed = results.filter((one) => !one.passed);
      present(invocation, { passed: results.length - failed.length, failed: failed.map(({ test, ...rest }) => ({ model: test.model, name: test.name, ...rest })) }, () => {
        for (const one of failed) invocation.terminal.out(`  ${paint(invocation.terminal, 'red', '✖')} ${one.test.model}: ${one.test.name}\n${one.passed ? '' : one.difference.replaceAll(/^/gm, '      ')}\n`);
        invocation.terminal.out(`  ${number(results.length - failed.length)} passed, ${number(failed.length)} failed\n`);
      });
      return failed.length === 0 ? 0 : 6;
    }, { create: true });
  },
};
