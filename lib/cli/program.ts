// Builds the command line from the verbs, and turns what goes wrong into one readable error and an exit code.
import path from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { EXIT_CODES, MillraceError, messageOf } from '../base/index.ts';
import { interrupted } from './interrupted.ts';
import { paint, type Terminal } from './terminal.ts';
import type { ListedVerb, Verb } from './verb.ts';
import { GROUPS } from './verbs.ts';

export interface ProgramContext { project: string; version: string; terminal: Terminal; environment: NodeJS.ProcessEnv; signal: AbortSignal }

const EXIT_CODE_HELP = `Exit codes: 0 done · ${[...new Set(Object.values(EXIT_CODES))].map((code) => `${code} ${namesOf(code)}`).join(' · ')}`;

/** `7 unsupported or too big` */
function namesOf(code: number): string {
  return Object.entries(EXIT_CODES).filter(([, other]) => other === code).map(([name]) => name.replaceAll('_', ' ')).join(' or ');
}

/** Runs one command line. Gives the exit code; never throws. */
export async function runProgram(argv: readonly string[], verbs: readonly ListedVerb[], context: ProgramContext): Promise<number> {
  let code = 0;
  try {
    const asked = asAsked(argv, verbs);
    const program = buildProgram(verbs, await loaded(asked, verbs), context, (result) => {
      code = result;
    });
    await program.parseAsync(asked, { from: 'user' });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_CODES.usage;
    return report(thrown, argv.includes('--json'), context);
  }
}

/** `help VERB` means `VERB --help`. Help for a verb that there is not would be the general one: then it is left out, and the verb refused by name. */
function asAsked(argv: readonly string[], verbs: readonly ListedVerb[]): string[] {
  const asked = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  const [first, second] = wordsOf(asked);
  const isKnown = first === undefined || verbs.some(({ name }) => {
    const [one, two] = name.split(' ');
    return one === first && (two === undefined || second === undefined || second === 'help' || second === two);
  });
  return isKnown ? asked : asked.filter((word) => word !== '--help' && word !== '-h');
}

function wordsOf(argv: readonly string[]): string[] {
  return argv.filter((word) => !word.startsWith('-'));
}

/** The verbs that a command line may mean: those of its first word. */
async function loaded(argv: readonly string[], verbs: readonly ListedVerb[]): Promise<ReadonlyMap<ListedVerb, Verb>> {
  const [first] = wordsOf(argv);
  return new Map(await Promise.all(verbs.filter(({ name }) => name.split(' ')[0] === first).map(async (verb) => [verb, await verb.load()] as const)));
}

function buildProgram(verbs: readonly ListedVerb[], known: ReadonlyMap<ListedVerb, Verb>, context: ProgramContext, done: (code: number) => void): Command {
  const program = new Command('millrace')
    .description('A serverless lakehouse for e-commerce: files and events in, governed Iceberg tables out.')
    .version(context.version, '-V, --version', 'print the version')
    .helpCommand('help [verb]', 'help for a verb')
    .showHelpAfterError('(millrace --help lists the verbs; millrace help VERB explains one)')
    .configureOutput({ writeOut: context.terminal.out, writeErr: context.terminal.err, outputError: (text, write) => write(text.replace(/^error: /, 'millrace: ')) })
    .exitOverride();
  program.addHelpText('after', `
Every verb takes --home DIR (default .millrace, or MILLRACE_HOME) and --json.

Examples:
  $ millrace start --once                       generate a sample shop, run everything, print a summary
  $ millrace query "SELECT * FROM gold.daily_metrics ORDER BY order_date DESC LIMIT 7"
  $ millrace ingest exports/ && millrace run batch

${EXIT_CODE_HELP}`);
  const groups = new Map<string, Command>();
  for (const verb of verbs) {
    const [first = '', second] = verb.name.split(' ');
    let parent = program;
    if (second !== undefined) {
      parent = groups.get(first) ?? program.command(first).showHelpAfterError(`(millrace help ${first} lists its verbs)`).exitOverride();
      groups.set(first, parent);
    }
    addVerb(parent, second ?? first, verb, known.get(verb), context, done);
  }
  for (const [name, group] of groups) {
    const members = verbs.filter((verb) => verb.name.startsWith(`${name} `)).map((verb) => verb.name.split(' ')[1]);
    group.description(`${GROUPS[name] ?? name}: ${members.join(' | ')}`);
  }
  return program;
}

/** Of a verb that is not meant only what help lists. */
function addVerb(parent: Command, name: string, listed: ListedVerb, verb: Verb | undefined, context: ProgramContext, done: (code: number) => void): void {
  const command = parent.command(name).summary(listed.summary).description(verb?.description ?? `${listed.summary.charAt(0).toUpperCase()}${listed.summary.slice(1)}.`).exitOverride();
  command.configureOutput({ writeOut: context.terminal.out, writeErr: context.terminal.err, outputError: (text, write) => write(text.replace(/^error: /, 'millrace: ')) });
  command.showHelpAfterError(`(millrace help ${listed.name} explains it)`);
  for (const argument of listed.arguments ?? []) command.argument(argument.name, argument.description);
  for (const option of verb?.options ?? []) {
    const made = new Option(option.flags, option.description);
    if (option.default !== undefined) made.default(option.default);
    if (option.choices) made.choices(option.choices);
    command.addOption(made);
  }
  command.option('--home <dir>', 'where all state is (or MILLRACE_HOME)', context.environment['MILLRACE_HOME'] ?? '.millrace');
  command.option('--json', 'print for a program', false);
  if (verb === undefined) return;
  command.addHelpText('after', `\nExamples:\n${verb.examples.map((example) => `  $ ${example}`).join('\n')}\n\n${EXIT_CODE_HELP}`);
  command.action(async (...received: unknown[]) => {
    const values = command.opts<Record<string, string | boolean | string[] | undefined>>();
    const positional = received.slice(0, (listed.arguments ?? []).length).flat().filter((one): one is string => typeof one === 'string');
    done(await verb.run({
      home: path.resolve(String(values['home'])),
      project: context.project,
      json: values['json'] === true,
      terminal: context.terminal,
      environment: context.environment,
      signal: context.signal,
      arguments: positional,
      options: values,
    }) ?? 0);
  });
}

function report(thrown: unknown, json: boolean, { terminal, environment, signal }: ProgramContext): number {
  const error = signal.aborted
    ? interrupted(thrown)
    : thrown instanceof MillraceError
      ? thrown
      : new MillraceError('internal', messageOf(thrown), { cause: thrown, todo: 'This is a defect in Millrace. Set MILLRACE_DEBUG=1 to see where.' });
  if (json) {
    terminal.err(`${JSON.stringify(error)}\n`);
  } else {
    terminal.err(`${paint(terminal, 'red', 'millrace:')} ${error.message}\n`);
    if (error.where !== undefined && !error.message.includes(error.where)) terminal.err(`  where  ${error.where.replaceAll('\n', '\n         ')}\n`);
    if (error.todo !== undefined) terminal.err(`  to do  ${error.todo.replaceAll('\n', '\n         ')}\n`);
  }
  if (environment['MILLRACE_DEBUG']) terminal.err(`${stackOf(thrown)}\n${stackOf((thrown as Error).cause)}\n`);
  return error.exitCode;
}

function stackOf(thrown: unknown): string {
  return thrown instanceof Error ? String(thrown.stack) : '';
}
