// The tags that keep what versions were trained on.
import { tableNameOf, type Lake } from '../../lake/index.ts';

const DAY_MS = 86_400_000;
/** So long the snapshots that a version was trained on are kept, so that it can be made again; of a version that never answered anybody not so long. */
export const TRAINING_KEPT_MS = 400 * DAY_MS;
export const UNUSED_KEPT_MS = 60 * DAY_MS;

/** Names of tags that keep the snapshots of models. */
export const MODEL_TAG = 'model.';

/** Keeps snapshots from expiring, in the name of a version: `model.conversion.3`. */
export async function tagSnapshots(lake: Lake, predictor: string, version: string, snapshots: Readonly<Record<string, string>>): Promise<void> {
  for (const [text, id] of Object.entries(snapshots)) {
    const table = await lake.findTable(tableNameOf(text));
    const snapshot = table?.metadata.snapshots.find((one) => String(one['snapshot-id']) === id);
    if (snapshot === undefined) continue;
    // An age counts from when the snapshot was made, which may be long ago.
    await table!.tag(`${MODEL_TAG}${predictor}.${version}`, { snapshotId: BigInt(id), maxAgeMilliseconds: Math.max(0, table!.context.clock.now() - snapshot['timestamp-ms']) + TRAINING_KEPT_MS });
  }
}
