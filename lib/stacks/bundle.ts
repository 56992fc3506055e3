// Lambda bundles: one module a function that holds only what it uses, the project as JSON beside it, and DuckDB's binding for Linux where the
// module asks for it. The AWS SDK is bundled too: what was rehearsed is what runs, and not what the runtime happens to bring that month.
import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { MillraceError } from '../base/index.ts';
import type { ProjectFile } from '../batch/index.ts';
import { linuxBinding, type LinuxBinding } from './duckdb-binding.ts';
import { eventPlansWrittenDown } from './event-plans.ts';
import { featurePlansWrittenDown } from './feature-plans.ts';
import { ONLY_SCORES, rulesWrittenDown } from './parsed-rules.ts';
import { onlyScores } from './only-scores.ts';
import { predictorPlansWrittenDown } from './predictor-plans.ts';
import { API_FUNCTIONS } from './small-functions.ts';

export interface BundleOptions {
  /** Of the checkout: holds lambdas/, lib/, node_modules/. */
  root: string;
  /** Is emptied first; gets a folder a function, and the source maps in `maps/`, which are not deployed. */
  out: string;
  functions: readonly string[];
  project: ProjectFile;
  /** The folder of the project that declares the features; default: the checkout. */
  projectFolder?: string;
  /** Where the binding comes from; default: this machine's node_modules, else npm's cache. */
  binding?: () => Promise<LinuxBinding>;
}

export interface Bundle {
  name: string;
  folder: string;
  /** Of `index.mjs`. */
  codeBytes: number;
  /** Of that, code that is not a package's; what the project declares is data. */
  ownBytes: number;
  /** Of all that is deployed, unzipped. */
  bytes: number;
  /** Whether it opens DuckDB. */
  hasDuckDb: boolean;
}

const BINDINGS = '@duckdb/node-bindings';
/** What the build writes down of contracts, features and predictors. */
const DECLARATIONS = /^lambdas\/shared\/\w+-(plans|names)\.ts$/;
/** Lambda's limit for what a function's package and layers hold, unzipped. */
const MOST_BYTES = 250 * 2 ** 20;

/** Makes all bundles. The same sources give the same bytes, so that a deployment changes only what changed. */
export async function bundleFunctions({ root, out, functions, project, projectFolder = root, binding = () => linuxBinding(root) }: BundleOptions): Promise<Bundle[]> {
  await rm(out, { recursive: true, force: true });
  await mkdir(path.join(out, 'maps'), { recursive: true });
  const projectText = JSON.stringify(project);
  let files: Promise<LinuxBinding> | undefined;
  return Promise.all(functions.map(async (name): Promise<Bundle> => {
    const folder = path.join(out, name);
    await mkdir(folder, { recursive: true });
    const { hasDuckDb, readsProject, ownBytes } = await bundleCode({ root, projectFolder, project }, name, folder, path.join(out, 'maps'));
    if (readsProject) await writeFile(path.join(folder, 'project.json'), projectText);
    if (hasDuckDb) {
      files ??= binding();
      for (const file of (await files).files) await copyFile(file, path.join(folder, path.basename(file)));
    }
    const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(path.join(folder, file))).size));
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    if (bytes > MOST_BYTES) throw new MillraceError('unsupported', `the function ${name} has ${bytes} bytes, and Lambda takes ${MOST_BYTES}`, { where: folder });
    return { name, folder, codeBytes: (await stat(path.join(folder, 'index.mjs'))).size, ownBytes, bytes, hasDuckDb };
  }));
}

/** What the module asks for: DuckDB's binding, the project. */
async function bundleCode({ root, projectFolder, project }: Pick<BundleOptions, 'root' | 'project'> & { projectFolder: string }, name: string, folder: string, maps: string): Promise<{ hasDuckDb: boolean; readsProject: boolean; ownBytes: number }> {
  const { metafile, outputFiles } = await build({
    entryPoints: [path.join(root, 'lambdas', name, 'index.ts')],
    outfile: path.join(folder, 'index.mjs'),
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    minify: true,
    // What a failure is called is what state machines match on; none calls these.
    keepNames: !API_FUNCTIONS.includes(name),
    sourcemap: 'external',
    metafile: true,
    write: false,
    legalComments: 'none',
    // Packages that are CommonJS call require for the modules of Node and for the binding.
    banner: { js: "import{createRequire as __require}from'node:module';const require=__require(import.meta.url);" },
    plugins: [bindingBesideTheModule(), eventPlansWrittenDown(root, project.contracts), featurePlansWrittenDown(root, projectFolder, project.contracts), predictorPlansWrittenDown(root, projectFolder), ...(ONLY_SCORES.includes(name) ? [rulesWrittenDown(root, projectFolder, project.contracts), onlyScores(root, project.version)] : []), domainsWithoutSideEffects(root)],
    logLevel: 'silent',
  }).catch((cause: unknown) => {
    throw new MillraceError('internal', `the function ${name} cannot be bundled: ${(cause as Error).message}`, { where: `lambdas/${name}`, cause });
  });
  for (const { path: file, contents } of outputFiles) {
    await writeFile(file.endsWith('.map') ? path.join(maps, `${name}.mjs.map`) : file, contents);
  }
  const readsProject = outputFiles.some(({ path: file, text }) => !file.endsWith('.map') && text.includes('project.json'));
  return { hasDuckDb: asksForBinding(metafile), readsProject, ownBytes: ownBytesOf(metafile) };
}

function ownBytesOf({ outputs }: Metafile): number {
  const parts = Object.values(outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return parts.reduce((sum, [file, { bytesInOutput }]) => sum + (/^(lib|lambdas)\//.test(file) && !DECLARATIONS.test(file) ? bytesInOutput : 0), 0);
}

function asksForBinding({ outputs }: Metafile): boolean {
  return Object.values(outputs).some(({ imports }) => imports.some(({ path: wanted }) => wanted === './duckdb.node'));
}

/** DuckDB's JavaScript looks for a binding of the machine it runs on, by package; in Lambda there is one, and it lies beside the module. */
function bindingBesideTheModule(): Plugin {
  return {
    name: 'binding-beside-the-module',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^@duckdb\/node-bindings$/ }, () => ({ path: BINDINGS, namespace: 'binding' }));
      pluginBuild.onLoad({ filter: /.*/, namespace: 'binding' }, () => ({ contents: "module.exports = require('./duckdb.node');", loader: 'js' }));
      pluginBuild.onResolve({ filter: /^\.\/duckdb\.node$/, namespace: 'binding' }, () => ({ path: './duckdb.node', external: true }));
    },
  };
}

/** A module of ours, or DuckDB's, that nothing uses is left out whole: importing one does nothing by itself. */
function domainsWithoutSideEffects(root: string): Plugin {
  const lib = path.join(root, 'lib') + path.sep;
  const marker = {};
  return {
    name: 'domains-without-side-effects',
    setup(pluginBuild) {
      pluginBuild.onResolve({ filter: /^(\.{1,2}\/|@duckdb\/node-api$)/ }, async ({ path: wanted, importer, resolveDir, kind, pluginData }) => {
        if (pluginData === marker || !importer.startsWith(lib)) return undefined;
        const found = await pluginBuild.resolve(wanted, { importer, resolveDir, kind, pluginData: marker });
        return found.errors.length > 0 ? undefined : { path: found.path, sideEffects: false };
      });
    },
  };
}
