// Moves a home from the layout of an older version to today's, step by step.
import { MillraceError } from '../base/index.ts';
import { HOME_FORMAT, markHome, newerHome, readMarker } from './home.ts';

/** From one layout to the next. It may be cut short and run again, so it must be right from any state that it can leave behind. */
export interface HomeMigration {
  /** The layout that it starts from; it ends with the next. */
  from: number;
  /** What it does, for a person. */
  what: string;
  run(root: string): Promise<void>;
}

/** One a layout that ever was released but the newest. Layout 1 is the first. */
export const HOME_MIGRATIONS: readonly HomeMigration[] = Object.freeze([]);

export interface HomeUpgrade { from: number; to: number; steps: string[] }

/**
 * Each step is marked as done when it is whole, so that an upgrade that was cut short goes on where it was.
 * @throws MillraceError `not_found` where there is no home, `unsupported` where it is newer, or so old that no step leads on.
 */
export async function upgradeHome(root: string, migrations: readonly HomeMigration[] = HOME_MIGRATIONS, to: number = HOME_FORMAT): Promise<HomeUpgrade> {
  const marker = await readMarker(root);
  if (marker === undefined) throw new MillraceError('not_found', 'there is no Millrace home here', { where: root, todo: 'Give --home DIR.' });
  const from = marker.format;
  if (from > to) throw newerHome(root, from);
  const steps: string[] = [];
  for (let format = from; format < to; format++) {
    const migration = migrations.find((each) => each.from === format);
    if (migration === undefined) {
      throw new MillraceError('unsupported', `no upgrade leads from layout ${format} to ${format + 1}`, { where: root, todo: 'Land the files again in a new home.' });
    }
    await migration.run(root);
    // A home that was moved is still to be relocated afterwards.
    await markHome(root, { format: format + 1, madeAt: marker.root });
    steps.push(migration.what);
  }
  return { from, to, steps };
}
