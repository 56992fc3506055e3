// What a verb of the command line is: its words, and, once it is asked for, its options, its examples, and what it does.
import type { Terminal } from './terminal.ts';

export interface VerbOption { flags: string; description: string; default?: string | boolean | number; choices?: readonly string[] }

/** What every verb is given. */
export interface Invocation {
  /** The home folder, absolute. */
  home: string;
  /** The project's root: contracts/, sql/, workflows/. */
  project: string;
  json: boolean;
  terminal: Terminal;
  /** Of the process: MLFLOW_TRACKING_URI and its like. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Aborts on Ctrl-C. */
  signal: AbortSignal;
  arguments: readonly string[];
  options: Readonly<Record<string, string | boolean | string[] | undefined>>;
}

/** What help lists of a verb. It imports nothing: who asks what there is does not wait for what it takes. */
export interface ListedVerb {
  /** `query`, or `quarantine list` for a verb of two words. */
  name: string;
  summary: string;
  /** Commander's notation: `<table>`, `[paths...]`. */
  arguments?: readonly { name: string; description: string }[];
  load(): Promise<Verb>;
}

export interface Verb {
  /** Default: the summary. */
  description?: string;
  options?: readonly VerbOption[];
  examples: readonly string[];
  /** Gives the exit code; nothing means 0. Errors a person can act on are thrown as MillraceError. */
  run(invocation: Invocation): Promise<number | void>;
}

/** Writes a result for a program (`--json`), or lets `print` write it for a person. */
export function present(invocation: Invocation, value: unknown, print: () => void): void {
  if (invocation.json) invocation.terminal.out(`${JSON.stringify(value, (_key, one: unknown) => (typeof one === 'bigint' ? String(one) : one), 2)}\n`);
  else print();
}
