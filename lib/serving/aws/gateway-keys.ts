// API Gateway's own keys, which its usage plans count by: each has the hash of one of our keys as its value.
import { MillraceError } from '../../base/index.ts';
import { refused, textOf, type AwsRequests } from '../../base/aws/index.ts';

export interface GatewayKeys {
  /** @throws `not_found` for a plan that the stage has not. */
  planId(name: string): Promise<string>;
  /** Counted under the plan from now on. */
  add(name: string, value: string, planId: string): Promise<void>;
  /** All keys of this very name; none is fine. */
  remove(name: string): Promise<void>;
}

interface Named { id: string; name?: string }

const MOST_LISTED = '500';

/** `requests`: of API Gateway's control plane. `prefix`: before every name, `millrace-dev-`. */
export function gatewayKeys(requests: AwsRequests, prefix: string): GatewayKeys {
  const listed = async (what: 'usageplans' | 'apikeys', query: Readonly<Record<string, string>>): Promise<Named[]> => {
    const all: Named[] = [];
    for (let position: string | undefined = ''; position !== undefined;) {
      const answer = await requests({ method: 'GET', path: [what], headers: { accept: 'application/json' }, query: { ...query, limit: MOST_LISTED, ...(position === '' ? {} : { position }) } });
      if (answer.status !== 200) throw refused(`listing ${what} of API Gateway`, answer);
      const page = JSON.parse(textOf(answer)) as { item?: Named[] | Named; position?: string };
      all.push(...[page.item ?? []].flat());
      position = page.position;
    }
    return all;
  };
  const post = async (path: readonly string[], body: unknown, what: string): Promise<{ id?: string }> => {
    const answer = await requests({ method: 'POST', path, headers: { 'content-type': 'application/json', accept: 'application/json' }, body: JSON.stringify(body) });
    if (answer.status !== 201 && answer.status !== 200) throw refused(what, answer);
    return JSON.parse(textOf(answer)) as { id?: string };
  };
  return {
    async planId(name) {
      const plans = await listed('usageplans', {});
      const found = plans.find((plan) => plan.name === `${prefix}${name}`);
      if (found !== undefined) return found.id;
      const names = plans.flatMap((plan) => (plan.name?.startsWith(prefix) === true ? [plan.name.slice(prefix.length)] : []));
      throw new MillraceError('not_found', `there is no usage plan '${name}'`, { where: prefix, todo: names.length === 0 ? 'Deploy the serving stack of the stage first.' : `There are ${names.join(', ')}; they are the plans of the stage in millrace.config.ts.` });
    },
    async add(name, value, planId) {
      const { id } = await post(['apikeys'], { name: `${prefix}${name}`, enabled: true, value }, `making the key '${name}'`);
      await post(['usageplans', planId, 'keys'], { keyId: id, keyType: 'API_KEY' }, `putting the key '${name}' under its plan`);
    },
    async remove(name) {
      for (const key of await listed('apikeys', { name: `${prefix}${name}` })) {
        if (key.name !== `${prefix}${name}`) continue;
        const answer = await requests({ method: 'DELETE', path: ['apikeys', key.id] });
        if (answer.status >= 300 && answer.status !== 404) throw refused(`deleting the key '${name}'`, answer);
      }
    },
  };
}
