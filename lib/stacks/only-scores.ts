// What a function that only scores need not carry: the document and the page of the API, which the build makes once, what routes say for these alone, the
// text of statements whose answers it is given, the folding of features, the writing of models, and the layout of trees for more rows than a request has.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Plugin } from 'esbuild';
import { statementFingerprint } from '../serving/aws/index.ts';
import { createApp, DEFAULT_LIMITS, Usage, type ServingContext } from '../serving/index.ts';
import { bareRoutes, bareSchemas } from './bare-routes.ts';

/** Modules that only training and batch predictions use, though they are imported by what scores too. */
const OF_TRAINING = ['lib/learning/xgboost/write.ts', 'lib/learning/xgboost/ubjson.ts', 'lib/learning/predict/binned.ts', 'lib/learning/kinds/files/exponential-smoothing.ts'];
/** What features are folded with, not read: their declarations ask for it, and nobody calls what they get. */
const OF_FOLDING = ['lib/contracts/rules/evaluate.ts', 'lib/contracts/typed/canonical-reader.ts'];

/** Modules that ask statements, whose answers the function is given by their fingerprints. */
const OF_STATEMENTS = ['prices', 'recommender', 'shipping'].map((name) => `lib/serving/loaders/${name}.ts`);

const ROUTES_OF_DOCUMENT = `
import { DOCUMENT, PAGE } from 'declared:document';
export const documentRoute = () => ({ method: 'get', path: '/openapi.json', tag: 'documentation', summary: '', answer: {}, handle: () => DOCUMENT });
export const pageRoute = () => ({ method: 'get', path: '/', tag: 'documentation', summary: '', mediaType: 'text/html; charset=utf-8', answer: {}, handle: () => PAGE });`;

/** `root`: of the checkout; `version`: as the document tells it. */
export function onlyScores(root: string, version: string): Plugin {
  return {
    name: 'only-scores',
    setup(pluginBuild) {
      const place = (module: string) => path.join(root, ...module.split('/'));
      pluginBuild.onLoad({ filter: /[\\/]routes[\\/]document\.ts$/ }, ({ path: file }) => (file === place('lib/serving/routes/document.ts') ? { contents: ROUTES_OF_DOCUMENT, loader: 'js' } : undefined));
      pluginBuild.onLoad({ filter: /[\\/]serving[\\/](routes[\\/]\w+|schemas)\.ts$/ }, async ({ path: file }) => {
        const source = await readFile(file, 'utf8');
        return { contents: file === place('lib/serving/schemas.ts') ? bareSchemas(source) : bareRoutes(source), loader: 'ts' };
      });
      pluginBuild.onLoad({ filter: /[\\/](prices|recommender|shipping)\.ts$/ }, async ({ path: file }) => (
        OF_STATEMENTS.some((module) => place(module) === file) ? { contents: fingerprinted(await readFile(file, 'utf8')), loader: 'ts' } : undefined
      ));
      pluginBuild.onResolve({ filter: /^declared:document$/ }, () => ({ path: 'document', namespace: 'declared' }));
      pluginBuild.onLoad({ filter: /^document$/, namespace: 'declared' }, async () => {
        const { document, page } = await documentOf(version);
        return { contents: `export const DOCUMENT = JSON.parse(${JSON.stringify(document)});\nexport const PAGE = ${JSON.stringify(page)};`, loader: 'js' };
      });
      pluginBuild.onLoad({ filter: /[\\/](write|ubjson|binned|exponential-smoothing|evaluate|canonical-reader)\.ts$/ }, async ({ path: file }) => {
        const [isOfTraining, isOfFolding] = [OF_TRAINING, OF_FOLDING].map((modules) => modules.some((module) => place(module) === file));
        if (isOfTraining !== true && isOfFolding !== true) return undefined;
        const names = [...(await readFile(file, 'utf8')).matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(([, name]) => name);
        const refusal = "const refuse = () => { throw new Error('this is left out of what only scores'); };";
        return { contents: [refusal, ...names.map((name) => `export const ${name} = ${isOfFolding === true ? '() => refuse' : 'Object.assign(() => refuse(), { read: refuse, write: refuse })'};`)].join('\n'), loader: 'js' };
      });
    },
  };
}

/** Statements that are constants, by their fingerprints. */
function fingerprinted(source: string): string {
  return source.replaceAll(/^(const [A-Z_]+ = )`(\s*(?:SELECT|WITH)\b[^`$\\]*)`;$/gm, (_, begins: string, sql: string) => `${begins}'${statementFingerprint(sql)}';`);
}

/** As the app itself answers. */
async function documentOf(version: string): Promise<{ document: string; page: string }> {
  const never = new Proxy({}, { get: () => { throw new Error('the document asks for nothing but the version'); } });
  const context = { ...(Object.fromEntries(['ids', 'keys', 'idempotency', 'models', 'features', 'log'].map((name) => [name, never])) as object), version, clock: Date, usage: new Usage(Date.now), experiments: [], limits: DEFAULT_LIMITS, defaultPredictor: undefined };
  const app = createApp(context as unknown as ServingContext, { onError: (error) => { throw error; } });
  const text = async (asked: string) => (await app.request(asked)).text();
  return { document: await text('/openapi.json'), page: await text('/') };
}
