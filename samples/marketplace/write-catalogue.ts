// The files of products and of the categories' English names.
import type { Landing } from '../core/landing.ts';
import { hashAt, keyOf } from '../core/random.ts';
import { CATEGORIES } from './categories.ts';
import { NO_CATEGORY } from './catalogue.ts';
import type { MarketIds } from './ids.ts';
import type { Marketplace } from './orders.ts';

export async function writeProducts(landing: Landing, { catalogue, seed }: Marketplace, ids: MarketIds): Promise<void> {
  const file = await landing.file(
    'products',
    'olist_products_dataset.csv',
    [
      'product_id',
      'product_category_name',
      'product_name_lenght',
      'product_description_lenght',
      'product_photos_qty',
      'product_weight_g',
      'product_length_cm',
      'product_height_cm',
      'product_width_cm',
    ],
    { quotedHeader: true },
  );
  const { bytes } = file;
  const lengths = keyOf(seed, 'product-texts');
  for (let p = 0; p < catalogue.category.length; p++) {
    const category = catalogue.category[p]!;
    const hash = hashAt(lengths, p);
    const described = category !== NO_CATEGORY;
    const measured = catalogue.weight[p]! >= 0;
    ids.product.write(bytes, p);
    bytes.comma();
    if (described) bytes.ascii(CATEGORIES[category]!.name);
    bytes.comma();
    if (described) bytes.integer(25 + (hash % 39));
    bytes.comma();
    if (described) bytes.integer(80 + (Math.floor(hash / 64) % 1900));
    bytes.comma();
    if (described) bytes.integer(1 + Math.min(Math.floor(hash / 7) % 4, Math.floor(hash / 1024) % 7));
    bytes.comma();
    if (measured) bytes.integer(catalogue.weight[p]!);
    bytes.comma();
    if (measured) bytes.integer(catalogue.length[p]!);
    bytes.comma();
    if (measured) bytes.integer(catalogue.height[p]!);
    bytes.comma();
    if (measured) bytes.integer(catalogue.width[p]!);
    file.endRow();
    if (file.full) await file.drain();
  }
  await file.close();
}

/** With a byte order mark, CRLF, and no line end behind the last row, as the original. */
export async function writeTranslation(landing: Landing): Promise<void> {
  const file = await landing.file(
    'product_category_translation',
    'product_category_name_translation.csv',
    ['product_category_name', 'product_category_name_english'],
    { mark: true, lineEnd: '\r\n', openEnd: true },
  );
  for (const { name, english } of CATEGORIES) {
    if (english === null) continue;
    file.bytes.ascii(name);
    file.bytes.comma();
    file.bytes.ascii(english);
    file.endRow();
  }
  await file.close();
}
