// From prepared files to rows: by the quickest way that can be trusted.
import { loadParquet } from '../parquet/load-parquet.ts';
import type { IngestContext } from '../types.ts';
import { loadDirectly } from './direct.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import { loadSpooled } from './spooled.ts';
import { dropStaged } from './staged.ts';

/** Loads one file of any kind, or several small ones of one shape. Where it rejects, nothing that it wrote remains. */
export async function load(context: IngestContext, options: IntakeOptions): Promise<Intake> {
  const intake = new Intake(context, options);
  const [first, ...others] = options.files;
  try {
    if (first === undefined) return intake;
    if (first.body.format === 'parquet') await loadParquet(intake, first);
    else if (others.length > 0 || !await loadDirectly(intake, first)) await loadSpooled(intake);
    return intake;
  } catch (thrown) {
    await intake.discard();
    throw thrown;
  } finally {
    await dropStaged(options.session).catch(() => {});
  }
}
