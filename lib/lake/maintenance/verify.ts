// Proof that what a table refers to is there: metadata read, every live file exists and has the size that its manifest says.
import { messageOf } from '../../base/index.ts';
import { DELETED } from '../format/manifest.ts';
import type { TableState } from '../commit/loop.ts';
import { currentSnapshot } from '../format/metadata.ts';
import type { LakeContext } from '../lake.ts';
import { mapLimited } from '../store.ts';
import type { Snapshot } from '../types.ts';

export interface VerifyOptions {
  /** All snapshots that have not expired; default: the current one. */
  allSnapshots?: boolean;
}

export interface VerifyResult { snapshots: number; manifests: number; files: number; bytes: bigint; problems: { path: string; problem: string }[] }

const PARALLEL_LOOKS = 16;

export async function verifyTable(context: LakeContext, { metadata }: TableState, options: VerifyOptions = {}): Promise<VerifyResult> {
  const current = currentSnapshot(metadata);
  const snapshots: readonly Snapshot[] = options.allSnapshots === true ? metadata.snapshots : current === undefined ? [] : [current];
  const result: VerifyResult = { snapshots: snapshots.length, manifests: 0, files: 0, bytes: 0n, problems: [] };
  const report = (path: string) => (error: unknown) => {
    result.problems.push({ path, problem: messageOf(error) });
    return [];
  };
  const manifests = new Map((await Promise.all(snapshots.map((snapshot) => context.store.readManifests(snapshot).catch(report(snapshot['manifest-list'])))))
    .flat().map((manifest) => [manifest.path, manifest]));
  const sizes = new Map<string, bigint>();
  await mapLimited([...manifests.values()], PARALLEL_LOOKS, async (manifest) => {
    const entries = await context.store.readEntries(manifest, metadata).catch(report(manifest.path));
    for (const { status, file } of entries) if (status !== DELETED) sizes.set(file.path, file.fileSizeInBytes);
  });
  await mapLimited([...sizes], PARALLEL_LOOKS, async ([path, size]) => {
    const problem = await problemWith(context, path, size);
    if (problem !== undefined) result.problems.push({ path, problem });
  });
  result.manifests = manifests.size;
  result.files = sizes.size;
  for (const size of sizes.values()) result.bytes += size;
  return result;
}

async function problemWith(context: LakeContext, path: string, size: bigint): Promise<string | undefined> {
  try {
    const info = await context.files.stat(path);
    if (info === undefined) return 'the file is missing';
    return BigInt(info.size) === size ? undefined : `the file has ${info.size} bytes, its manifest says ${size}`;
  } catch (error) {
    return messageOf(error);
  }
}
