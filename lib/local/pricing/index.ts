// Prices on one machine: made from the lake and the champion, listed in gold, handed over to the shop.
export { computePrices, exportFolderOf, exportPrices, whereListsAre, type ComputedPrices } from './compute.ts';
export { currentExport, exportPriceList, type ExportManifest, type ExportOptions } from './export-folder.ts';
export { readPriceTable, writePriceTable, type PriceList } from './price-table.ts';
