// Demand by price as a table of an item, and all tables of a version as one text: who answers from it asks no model.
import type { DemandCurve } from './demand-curve.ts';
import type { DemandModel } from './policies/model.ts';

/** Pieces a week at 0.50, 0.51 … 1.50 times the usual price; in between on a straight line, beyond as at the end. */
export interface CurveTable { usualPrice: number; units: ArrayLike<number> }

/** Demand whose curves are tables. */
export interface TabledDemand extends DemandModel { tables: ReadonlyMap<string, CurveTable> }

export function tabledDemand(version: string, tables: ReadonlyMap<string, CurveTable>): TabledDemand {
  return { version, tables, demandOf: (sku) => curveOf(tables.get(sku)) };
}

export function curveOf(table: CurveTable): DemandCurve;
export function curveOf(table: CurveTable | undefined): DemandCurve | undefined;
export function curveOf(table: CurveTable | undefined): DemandCurve | undefined {
  return table && ((prices) => prices.map((price) => at(table.units, price / table.usualPrice)));
}

function at(units: ArrayLike<number>, factor: number): number {
  const place = Math.min(units.length - 1, Math.max(0, factor * 100 - 50));
  const below = Math.floor(place);
  return units[below]! + (place - below) * ((units[below + 1] ?? units[below]!) - units[below]!);
}

interface DemandText { version: string; items: Record<string, [usualPrice: number, units: string]> }

/** Units as single precision in base64: a fifth of what digits take. */
export function demandToJson({ version, tables }: TabledDemand): string {
  const items = Object.fromEntries(Array.from(tables, ([sku, { usualPrice, units }]) => [sku, [usualPrice, Buffer.from(Float32Array.from(units).buffer).toString('base64')] as [number, string]]));
  return JSON.stringify({ version, items } satisfies DemandText);
}

/** An item's table is unpacked when it is asked for. */
export function demandFromJson(text: string): DemandModel {
  const { version, items } = JSON.parse(text) as DemandText;
  const known = new Map(Object.entries(items));
  return {
    version,
    demandOf(sku) {
      const item = known.get(sku);
      return item && curveOf({ usualPrice: item[0], units: new Float32Array(Uint8Array.from(Buffer.from(item[1], 'base64')).buffer) });
    },
  };
}
