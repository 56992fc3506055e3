// A program that answers each line of JSON on its standard input with one line of JSON.
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly errors: string[] = [];

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors.push(text);
      if (this.errors.length > 200) this.errors.shift();
    });
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** Sends one value and gives the answer; throws what the program reports as an error. */
  async ask<Answer>(question: unknown): Promise<Answer> {
    this.child.stdin?.write(`${JSON.stringify(question)}\n`);
    return await this.next<Answer>();
  }

  async next<Answer>(): Promise<Answer> {
    const { value, done } = await this.lines.next();
    if (done === true) throw new Error(`the program ended:\n${this.errors.join('').slice(-4000)}`);
    const answer = JSON.parse(value as string) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async stop(): Promise<void> {
    const ended = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    if (this.child.exitCode !== null) return;
    this.child.stdin?.end();
    this.child.kill();
    await ended;
  }
}
