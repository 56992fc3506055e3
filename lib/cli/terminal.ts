// How things look on a terminal: tables, bars, sparklines, numbers. Colours and progress only where a person is watching.
import { styleText } from 'node:util';

export interface Terminal {
  /** Where a person reads the result; nothing else is written there. */
  out(text: string): void;
  /** Progress, warnings, errors. */
  err(text: string): void;
  /** Colours and moving lines are wanted on standard error. */
  interactive: boolean;
  colours: boolean;
  columns: number;
}

export function systemTerminal(): Terminal {
  const noColour = process.env['NO_COLOR'] !== undefined && process.env['NO_COLOR'] !== '';
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interactive: Boolean(process.stderr.isTTY) && process.env['CI'] === undefined,
    colours: Boolean(process.stdout.isTTY) && !noColour,
    columns: process.stdout.columns ?? Number.POSITIVE_INFINITY,
  };
}

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export function paint(terminal: Terminal, style: Style, text: string): string {
  return terminal.colours ? styleText(style, text, { validateStream: false }) : text;
}

/** 61204 → `61,204`. Decimals stay as they are written. */
export function number(value: number | bigint | string): string {
  const [whole = '', fraction] = String(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** 3512004 → `3.3 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = 0;
  while (scaled >= 1000 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 || scaled >= 100 ? Math.round(scaled) : scaled.toFixed(1)} ${units[unit]}`;
}

/** 3512 → `3.5 s`, 119_800 → `2 min 0 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** 0.104 → `10.4 %`; nothing for what is no number. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : '';
}

/** 0.104 → `+10.4 %`. */
export function change(share: number): string {
  return `${share >= 0 && Number.isFinite(share) ? '+' : ''}${percent(share)}`;
}

const RIGHT = /^-?[\d,]+(\.\d+)?%?$/;

/** Columns in line; numbers to the right. Cells that are too wide for the terminal are cut with an ellipsis. */
export function table(terminal: Terminal, header: string[], rows: string[][], options: { indent?: number } = {}): string {
  const indent = ' '.repeat(options.indent ?? 0);
  const widths = header.map((title, i) => Math.max(width(title), ...rows.map((row) => width(row[i] ?? ''))));
  const room = Math.max(40, terminal.columns - indent.length - 2 * (widths.length - 1));
  shrink(widths, room);
  const right = header.map((_, i) => rows.length > 0 && rows.every((row) => row[i] === '' || row[i] === undefined || RIGHT.test(row[i] ?? '')));
  const line = (cells: string[]) => indent + cells.map((cell, i) => pad(cut(cell, widths[i] as number), widths[i] as number, right[i] as boolean)).join('  ').trimEnd();
  return [paint(terminal, 'dim', line(header)), ...rows.map(line)].join('\n') + '\n';
}

/** Takes from the widest columns until all fit. */
function shrink(widths: number[], room: number): void {
  let over = widths.reduce((sum, one) => sum + one, 0) - room;
  while (over > 0) {
    const widest = widths.indexOf(Math.max(...widths));
    if ((widths[widest] as number) <= 12) return;
    widths[widest] = (widths[widest] as number) - 1;
    over -= 1;
  }
}

function width(text: string): number {
  return [...text].length;
}

function cut(text: string, most: number): string {
  const flat = text.replaceAll(/[\r\n\t]+/g, ' ');
  return width(flat) <= most ? flat : `${[...flat].slice(0, most - 1).join('')}…`;
}

function pad(text: string, to: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, to - width(text)));
  return right ? space + text : text + space;
}

export function sparkline(values: number[]): string {
  const blocks = '▁▂▃▄▅▆▇█';
  const low = Math.min(...values);
  const high = Math.max(...values);
  return values.map((value) => blocks[high === low ? 0 : Math.round(((value - low) / (high - low)) * 7)]).join('');
}

export function bar(share: number, length = 30): string {
  return '█'.repeat(Math.round(Math.min(1, Math.max(0, share)) * length)).padEnd(length, '░');
}

/** One line that is written over while work goes on; nothing at all where nobody watches. */
export function progressLine(terminal: Terminal): { show(text: string): void; clear(): void } {
  if (!terminal.interactive) return { show: () => undefined, clear: () => undefined };
  return {
    show: (text) => terminal.err(`\r\x1b[2K${cut(text, Math.max(20, terminal.columns - 1))}`),
    clear: () => terminal.err('\r\x1b[2K'),
  };
}
