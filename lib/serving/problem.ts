// Errors of the API, as RFC 9457 problem details.

export interface InvalidField {
  /** JSON pointer into the body, or the name of a parameter. */
  pointer: string;
  detail: string;
}

/** What went wrong, said to the caller; `status` is that of the answer. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly InvalidField[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, title: string, detail: string, { errors = [], headers = {} }: { errors?: readonly InvalidField[]; headers?: Readonly<Record<string, string>> } = {}) {
    super(`${title}: ${detail}`);
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
    this.headers = headers;
  }

  /** `application/problem+json`. */
  toJSON(): { type: string; title: string; status: number; detail: string; errors?: readonly InvalidField[] } {
    return {
      type: `urn:millrace:problem:${this.title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`,
      title: this.title, status: this.status, detail: this.detail,
      ...(this.errors.length === 0 ? {} : { errors: this.errors }),
    };
  }
}

export const notFound = (what: string, todo: string) => new Problem(404, 'Not found', `there is no ${what}; ${todo}`);
export const notUtf8 = () => new Problem(400, 'Invalid request', 'the body is not UTF-8');
export const invalid = (detail: string, errors: readonly InvalidField[] = []) => new Problem(400, 'Invalid request', detail, { errors });
