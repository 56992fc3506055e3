// Completes package-lock.json with the optional packages of other platforms. npm drops those that the registry in use does not
// serve, and `npm ci` then refuses the lock, here and on every other platform. usage: node scripts/complete-lockfile.mjs [--check]
import { readFileSync, writeFileSync } from 'node:fs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** What a platform package's name says of where it belongs: `@x/binding-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-');
  const os = SYSTEMS.filter((one) => words.includes(one));
  const cpu = PROCESSORS.filter((one) => words.includes(one));
  const libc = words.some((word) => word.startsWith('musl')) ? ['musl'] : words.some((word) => word.startsWith('gnu')) ? ['glibc'] : [];
  if (name === 'fsevents') return { os: ['darwin'] };
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}), ...(libc.length > 0 && os.includes('linux') ? { libc } : {}) };
}

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const missing = [];
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (lock.packages[`${place}/node_modules/${name}`] || lock.packages[`node_modules/${name}`]) continue;
    const platform = platformOf(name);
    // An optional package for every platform is npm's own business.
    if (Object.keys(platform).length === 0) continue;
    missing.push(name);
    lock.packages[`node_modules/${name}`] = { version: range.replace(/^[~^]/, ''), ...(platform.cpu ? { cpu: platform.cpu } : {}), ...(entry.dev ? { dev: true } : {}), ...(platform.libc ? { libc: platform.libc } : {}), optional: true, ...(platform.os ? { os: platform.os } : {}) };
  }
}
if (process.argv.includes('--check')) {
  if (missing.length > 0) {
    process.stderr.write(`package-lock.json lacks ${missing.length} packages of other platforms (${missing.slice(0, 3).join(', ')}, …): run node scripts/complete-lockfile.mjs\n`);
    process.exitCode = 1;
  }
} else {
  const [root, ...rest] = Object.entries(lock.packages);
  lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  process.stdout.write(`added ${missing.length}: ${missing.join(', ')}\n`);
}
