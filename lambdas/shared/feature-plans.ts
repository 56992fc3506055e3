// What features are declared. Here it is read from the project's folders; in a bundle the build has written the result in its place.
import { contractToJson, loadContracts } from '../../lib/contracts/index.ts';
import { readFeatureFiles, type FeatureDeclarations } from '../../lib/features/index.ts';

const place = (name: string): string => new URL(`../../${name}`, import.meta.url).pathname;

const declared = await readFeatureFiles(place('features'));
const asked = new Set(declared.sources.map(({ source }) => source.options.contract ?? source.name));

/** With the contracts of the streams that they are made from. */
export const FEATURE_PLANS: FeatureDeclarations & { contracts: readonly string[] } = {
  ...declared,
  contracts: [...(await loadContracts(place('contracts'))).values()].filter(({ name }) => asked.has(name)).map(contractToJson),
};
