// What is known of the events of a stream, as plain data: computed from the contracts where they are, or when a Lambda is built.
import { columnsOf, validationPlan, type Contract, type PiiClass, type ValidationPlan } from '../../contracts/index.ts';

/** Everything that a check of a contract's events needs; JSON can carry it. */
export interface EventPlan {
  type: string;
  version: string;
  validation: ValidationPlan;
  /** The column that says when it happened, by its table name. */
  eventTime?: string;
  maxAgeDays: number;
  maxFutureMinutes: number;
  /** Personal columns, by table name. */
  personal: Readonly<Record<string, PiiClass>>;
  /** Events with keys that the contract does not know are refused; else such keys are left out. */
  refusesUnknownKeys: boolean;
}

/** The plans of the contracts that a stream feeds; the others are left out. */
export function eventPlans(contracts: Iterable<Contract>): EventPlan[] {
  return [...contracts].flatMap((contract) => (contract.stream === undefined ? [] : [{
    type: contract.name,
    version: contract.version,
    validation: validationPlan(contract),
    ...(contract.eventTime === undefined ? {} : { eventTime: contract.eventTime }),
    maxAgeDays: contract.stream.maxAgeDays,
    maxFutureMinutes: contract.stream.maxFutureMinutes,
    personal: Object.fromEntries(columnsOf(contract).flatMap(({ name, column }) => (column.pii === undefined ? [] : [[name, column.pii]]))),
    refusesUnknownKeys: contract.files?.extraColumns === 'quarantine',
  }]));
}
