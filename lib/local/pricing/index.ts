// Prices on one machine: made from the lake and the champion, listed in gold, handed over to the shop.
export { computePrices, exportFolderOf, exportPrices, whereListsAre, type ComputedPrices } from './compute.ts';
export { exportToBucket } from './export-bucket.ts';
export { currentExport, exportPriceList, type ExportOptions } from './export-folder.ts';
export type { ExportManifest } from './list-files.ts';
export { handedPrices, makePriceList, type MadeList } from './make-list.ts';
export { readPriceTable, writePriceTable, type PriceList } from './price-table.ts';
