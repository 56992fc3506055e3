// What a part of the API is made from, as data: the statements that its loader asks of the tables, with their answers. One function asks Athena
// and keeps the answers; the scoring function runs the same loader over them, and carries no engine.
import { hash } from 'node:crypto';
import { MillraceError } from '../../base/index.ts';
import type { Engine, QueryResult } from '../../warehouse/index.ts';

/** What loaders ask. */
export type Asked = Pick<Engine, 'query'>;

export interface Answers {
  /** Of what they tell: a table's snapshot. */
  version: string;
  /** The snapshots of all tables that they hang on. */
  madeFrom: string;
  /** Ids of the snapshots that all tables were read at; undefined of what an older Millrace asked. */
  snapshots?: Readonly<Record<string, string>>;
  /** Of the tables that need not be there, those that were. */
  tables: readonly string[];
  answers: { sql: string; result: QueryResult }[];
}

/** Asks `engine`, and remembers. */
export function rememberingEngine(engine: Asked): { engine: Asked; answers: Answers['answers'] } {
  const answers: Answers['answers'] = [];
  return {
    answers,
    engine: {
      async query(sql, options) {
        const result = await engine.query(sql, options);
        answers.push({ sql, result });
        return result;
      },
    },
  };
}

/** Whole numbers beyond what JSON's readers tell apart become texts, as they are in Athena's own answers. */
export function answersToJson(answers: Answers): string {
  return JSON.stringify(answers, (_, value: unknown) => (typeof value !== 'bigint' ? value : Number.isSafeInteger(Number(value)) ? Number(value) : String(value)));
}

/** By this a function that is only given answers may ask for them: it need not carry the statement. */
export function statementFingerprint(sql: string): string {
  return hash('sha256', sql, 'base64url').slice(0, 16);
}

/** Answers from what was remembered, by the statement or its fingerprint. @throws `not_found` for a statement that was never asked: another version of the loader has asked. */
export function answeringEngine({ answers }: Answers, where: string): Asked {
  const known = new Map(answers.flatMap(({ sql, result }) => [[sql, result], [statementFingerprint(sql), result]]));
  return {
    async query(sql) {
      const result = known.get(sql);
      if (result === undefined) throw new MillraceError('not_found', 'the statement was not asked when the answers were made', { where, todo: 'They are made again within the hour, or at once by calling the function that makes them.' });
      return result;
    },
  };
}
