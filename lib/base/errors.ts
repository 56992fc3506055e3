// One error class for everything a person has to act on: what was wrong, where, and what to do.

export type ErrorCode =
  | 'usage' // the command line or an argument is wrong
  | 'bad_input' // a file, record, contract or model is wrong
  | 'not_found'
  | 'conflict' // somebody else changed the same thing first
  | 'audit_failed'
  | 'unsupported' // known, and refused by name
  | 'too_big' // more than there is room for here
  | 'io' // disk full, no permission, a broken file
  | 'interrupted'
  | 'internal';

/** Exit codes of the command line, one an error code; 0 is success. */
export const EXIT_CODES: Readonly<Record<ErrorCode, number>> = Object.freeze({
  internal: 1,
  usage: 2,
  bad_input: 3,
  not_found: 4,
  conflict: 5,
  audit_failed: 6,
  unsupported: 7,
  too_big: 7,
  io: 8,
  interrupted: 130,
});

export interface ErrorDetails {
  /** File, table, line, column, byte: whatever tells where. */
  where?: string;
  /** What the reader can do about it. */
  todo?: string;
  cause?: unknown;
}

/** An error meant to be read by a person; survives a JSON round trip. */
export class MillraceError extends Error {
  readonly code: ErrorCode;
  readonly where: string | undefined;
  readonly todo: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MillraceError';
    this.code = code;
    this.where = details.where;
    this.todo = details.todo;
  }

  get exitCode(): number {
    return EXIT_CODES[this.code];
  }

  toJSON(): { error: ErrorCode; message: string; where?: string; todo?: string } {
    return {
      error: this.code,
      message: this.message,
      ...(this.where === undefined ? {} : { where: this.where }),
      ...(this.todo === undefined ? {} : { todo: this.todo }),
    };
  }
}

/** The message of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
