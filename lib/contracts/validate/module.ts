// The validators of several sources as one ES module, made when a Lambda is built: no parsing of contracts or rules at its start.
import type { Contract } from '../types.ts';
import { validationPlan } from './plan.ts';

/**
 * Source of a module that exports `validators`, an object from a source's name to its validator (a `RowValidator`). `runtime` is how the module
 * imports `compileValidator`: the path of `lib/contracts/validate/row.ts`, which a bundler takes in together with the few files it needs.
 */
export function compileValidatorSource(contracts: Iterable<Contract>, runtime: string): string {
  const entries = [...contracts].map((contract) => `  ${JSON.stringify(contract.name)}: compileValidator(${literal(validationPlan(contract))}),`);
  return [
    '// Generated from the contracts; do not edit.',
    `import { compileValidator } from ${JSON.stringify(runtime)};`,
    '',
    'export const validators = {',
    ...entries,
    '};',
    '',
  ].join('\n');
}

/** JSON is JavaScript but for two line separators, which must be escaped in old engines and confuse editors in all. */
function literal(value: unknown): string {
  return JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
