// The command line.
export { runProgram, type ProgramContext } from './program.ts';
export { systemTerminal, type Terminal } from './terminal.ts';
export type { Invocation, ListedVerb, Verb } from './verb.ts';
export { VERBS } from './verbs.ts';
