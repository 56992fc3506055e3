// The leading `/* … */` comment of a SQL file, read as YAML, with the line of every value.
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node, type Pair, type YAMLMap } from 'yaml';
import { didYouMean } from './near.ts';
import type { Problems } from './problem.ts';

const LEADING_COMMENT = /^(?:\s|--[^\n]*\n)*\/\*(?<yaml>[\s\S]*?)\*\//;

type Map = YAMLMap<Node, Node | null>;
interface Place { file: string; document: Document; lineOf: (offset: number) => number; problems: Problems }

/** A map of a YAML header, read key by key; what is wrong goes to the problems with its line. */
export class HeaderMap {
  private readonly place: Place;
  private readonly map: Map;

  constructor(place: Place, map: Map) {
    this.place = place;
    this.map = map;
  }

  get keys(): string[] {
    return this.map.items.map((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key));
  }

  /** The line of a key, or of the map where it has no such key. */
  line(key?: string): number {
    const at = this.pair(key)?.key ?? this.map;
    return this.place.lineOf(at.range?.[0] ?? 0);
  }

  has(key: string): boolean {
    return this.pair(key) !== undefined;
  }

  problem(key: string | undefined, message: string, todo?: string): void {
    this.place.problems.add(this.place.file, this.line(key), message, todo);
  }

  refuseOthers(known: readonly string[], what: string): void {
    for (const key of this.keys) {
      if (!known.includes(key)) this.problem(key, `${what} has an unknown key '${key}'`, didYouMean(key, known) ?? `known are: ${known.join(', ')}`);
    }
  }

  text(key: string): string | undefined {
    const value = this.plain(key);
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') return this.wrong(key, 'a text');
    return String(value).trim();
  }

  /** A text that has to be there. */
  required(key: string, todo: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') this.problem(this.has(key) ? key : undefined, `the header has no ${key}`, todo);
    return value ?? '';
  }

  oneOf<T extends string>(key: string, allowed: readonly T[], otherwise: T): T {
    const value = this.text(key);
    if (value === undefined) return otherwise;
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) this.problem(key, `${key} '${value}' is unknown`, didYouMean(value, allowed) ?? `use one of: ${allowed.join(', ')}`);
    return found ?? otherwise;
  }

  count(key: string, otherwise: number): number {
    const value = this.plain(key);
    if (value === undefined) return otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    this.wrong(key, 'a whole number from 0 on');
    return otherwise;
  }

  /** A text, or a list of texts. */
  texts(key: string): string[] {
    const value = this.plain(key);
    if (value === undefined || value === null) return [];
    const items = Array.isArray(value) ? value : [value];
    if (items.some((item) => item === null || typeof item === 'object')) {
      this.wrong(key, 'a text or a list of texts');
      return [];
    }
    return items.map((item) => String(item).trim());
  }

  /** A map of texts. */
  textMap(key: string): Record<string, string> {
    const map = this.child(key);
    if (map === undefined) return {};
    return Object.fromEntries(map.keys.map((name) => [name, map.text(name) ?? '']));
  }

  child(key: string): HeaderMap | undefined {
    const node = this.pair(key)?.value;
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return undefined;
    if (!isMap(node)) return this.wrong(key, 'a map (`name: value` lines)');
    return this.nested(node);
  }

  /** A list whose items are texts or maps. */
  items(key: string): (string | HeaderMap)[] {
    const node = this.pair(key)?.value;
    if (node === undefined || node === null || (isScalar(node) && node.value === null)) return [];
    if (!isSeq<Node>(node)) {
      this.wrong(key, 'a list (`- name: …` lines)');
      return [];
    }
    return node.items.flatMap((item): (string | HeaderMap)[] => {
      if (isMap(item)) return [this.nested(item)];
      if (isScalar(item) && typeof item.value === 'string') return [item.value];
      this.wrong(key, 'a list of names and maps');
      return [];
    });
  }

  /** The value as plain JavaScript. */
  plain(key: string): unknown {
    const node = this.pair(key)?.value;
    if (node === undefined) return undefined;
    return node === null ? null : (node.toJS(this.place.document) as unknown);
  }

  private nested(map: Node): HeaderMap {
    return new HeaderMap(this.place, map as Map);
  }

  private pair(key: string | undefined): Pair<Node, Node | null> | undefined {
    return key === undefined ? undefined : this.map.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key);
  }

  private wrong(key: string, expected: string): undefined {
    this.problem(key, `${key} is not ${expected}`);
    return undefined;
  }
}

/** Reads the header of a SQL file; undefined, and a problem, where there is none or it is no YAML map. */
export function readHeader(file: string, sql: string, problems: Problems): HeaderMap | undefined {
  const match = LEADING_COMMENT.exec(sql);
  const yaml = match?.groups?.['yaml'];
  if (match === null || yaml === undefined) {
    problems.add(file, 1, 'the file has no header', 'begin it with a comment /* description: …, owner: … */ in YAML');
    return undefined;
  }
  const linesBefore = sql.slice(0, match[0].length - yaml.length - 2).split('\n').length - 1;
  const counter = new LineCounter();
  const document = parseDocument(yaml, { lineCounter: counter, prettyErrors: false });
  const lineOf = (offset: number) => linesBefore + counter.linePos(offset).line;
  for (const error of document.errors) problems.add(file, lineOf(error.pos[0]), `the header is not valid YAML: ${error.message}`);
  if (document.errors.length > 0) return undefined;
  if (!isMap(document.contents)) {
    problems.add(file, linesBefore + 1, 'the header is not a map', 'write `name: value` lines, such as description: …');
    return undefined;
  }
  return new HeaderMap({ file, document, lineOf, problems }, document.contents as Map);
}
