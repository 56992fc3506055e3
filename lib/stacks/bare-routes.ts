// Routes of the API without what only its document tells: a function that carries the document as it was made needs no words and no schemas of answers.

/** Properties of a declared route that nothing but the document reads. */
const OF_DOCUMENT: ReadonlySet<string> = new Set(['summary', 'description', 'tag', 'params', 'answer', 'problems', 'example']);
const DESCRIPTION = /description: '(?:[^'\\\n]|\\.)*'/.source;

/** The source of a module of schemas, without descriptions; those that nobody uses may be left out. */
export function bareSchemas(source: string): string {
  return source
    .replaceAll(new RegExp(`${DESCRIPTION},\\s*`, 'g'), '').replaceAll(new RegExp(`,?\\s*${DESCRIPTION}`, 'g'), '')
    .replaceAll(/\bType\.\w+\(/g, '/* @__PURE__ */ $&');
}

/** The source of a module of routes: what handles is left as it is. */
export function bareRoutes(source: string): string {
  let bare = '';
  let at = 0;
  for (let begins = source.indexOf('route({'); begins >= 0; begins = source.indexOf('route({', at)) {
    const [declared, end] = bareDeclaration(source, begins + 'route({'.length);
    bare += (at === 0 ? bareSchemas(source.slice(0, begins)) : source.slice(at, begins)) + bareSchemas(declared);
    at = end;
  }
  return bare + source.slice(at);
}

/** `route({`, the properties up to the handler that are not the document's, and where the rest begins. */
function bareDeclaration(source: string, from: number): [declared: string, end: number] {
  let declared = 'route({';
  let at = from;
  for (;;) {
    const name = /^(?:\s|\/\/.*|\/\*.*?\*\/)*(\w+):/.exec(source.slice(at))?.[1];
    if (name === 'handle') return [declared, at];
    const end = endOfProperty(source, at);
    // A handler that is written as a method, and the end of the declaration.
    if (name === undefined && !/^\s*\.\.\./.test(source.slice(at, end))) return [declared, at];
    if (name === undefined || !OF_DOCUMENT.has(name)) declared += source.slice(at, end);
    at = end;
  }
}

/** Behind the comma after a property; where the object ends instead, just before that. */
function endOfProperty(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const letter = source[at]!;
    if (letter === "'" || letter === '"' || letter === '`') {
      for (at++; at < source.length && source[at] !== letter; at++) if (source[at] === '\\') at++;
    } else if (source.startsWith('//', at)) {
      at = source.indexOf('\n', at);
    } else if (source.startsWith('/*', at)) {
      at = source.indexOf('*/', at) + 1;
    } else if ('([{'.includes(letter)) {
      depth += 1;
    } else if (')]}'.includes(letter)) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (letter === ',' && depth === 0) {
      return at + 1;
    }
  }
  return source.length;
}
