// What a role of a template may do, and whether that is enough for a call.
import { ofType, textOf, type Resources } from './stage.ts';

export interface Statement { actions: string[]; resources: string[] }

/** Statements of the role of a function (or of another resource with `RoleArn`), by its physical name. */
export function statementsOf(resources: Resources, roleId: string): Statement[] {
  return ofType(resources, 'AWS::IAM::Policy')
    .filter(([, { Properties }]) => (Properties['Roles'] as unknown[]).some((role) => textOf(role) === `<${roleId}>`))
    .flatMap(([, { Properties }]) => (Properties['PolicyDocument'] as { Statement: { Effect: string; Action: unknown; Resource: unknown }[] }).Statement)
    .map(({ Action, Resource }) => ({ actions: [Action].flat().map(textOf), resources: [Resource].flat().map(textOf) }));
}

/** Function name without app and stage → what its role may do. */
export function policiesOf(resources: Resources, prefix: string): Map<string, Statement[]> {
  return new Map(ofType(resources, 'AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const name = Properties['FunctionName'];
    if (typeof name !== 'string' || !name.startsWith(prefix)) return [];
    return [[name.slice(prefix.length), statementsOf(resources, textOf(Properties['Role']).slice(1, -1))] as const];
  }));
}

export function allows(statements: readonly Statement[], action: string, resource: string): boolean {
  return statements.some(({ actions, resources }) => actions.some((one) => matches(one, action)) && resources.some((one) => matches(one, resource)));
}

function matches(pattern: string, value: string): boolean {
  return new RegExp(`^${pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`).test(value);
}
