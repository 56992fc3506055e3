// Files that as a whole are not what their name says; none of their rows may land.
import { join } from 'node:path';
import type { Landing } from '../core/landing.ts';
import { gzip } from '../core/gzip.ts';
import { mix } from '../core/random.ts';

export interface BrokenFile {
  file: string;
  defect: 'truncated_gzip' | 'header_mismatch' | 'binary' | 'header_only';
  expected: 'refused' | 'empty';
}

/** The sources that get them must be in the profile: the first is the one for the compressed file. */
export async function writeBrokenFiles(landing: Landing, sources: ReadonlySet<string>): Promise<BrokenFile[]> {
  const written: BrokenFile[] = [];
  const put = async (source: string, name: string, defect: BrokenFile['defect'], bytes: Uint8Array | string) => {
    if (!sources.has(source)) return;
    await landing.raw(join(landing.options.out, source, name), bytes);
    written.push({ file: `${source}/${name}`, defect, expected: defect === 'header_only' ? 'empty' : 'refused' });
  };
  const rows = Array.from({ length: 400 }, (_, i) => `${i},${mix(i)},view,${mix(i) % 1000},`).join('\n');
  const packed = gzip(Buffer.from(`timestamp,visitorid,event,itemid,transactionid\n${rows}\n`));
  await put('events', 'events_truncated.csv.gz', 'truncated_gzip', packed.subarray(0, Math.floor(packed.length * 0.6)));
  await put('orders', 'orders_wrong_header.csv', 'header_mismatch', 'id;when;what\n1;2018-01-01;order\n');
  await put(
    'products',
    'products_binary.csv',
    'binary',
    Uint8Array.from({ length: 4096 }, (_, i) => mix(i + 77) & 0xff),
  );
  await put('category_tree', 'category_tree_empty.csv', 'header_only', 'categoryid,parentid\n');
  const paymentRows = Array.from({ length: 300 }, (_, i) => `${mix(i).toString(16)},1,boleto,1,${i}.00`).join('\n');
  const payments = gzip(
    Buffer.from(
      `order_id,payment_sequential,payment_type,payment_installments,payment_value\n${paymentRows}\n`,
    ),
  );
  await put(
    'order_payments',
    'order_payments_truncated.csv.gz',
    'truncated_gzip',
    payments.subarray(0, Math.floor(payments.length * 0.6)),
  );
  return written;
}
