// The defects that the sample plants, source by source, with the reasons that the contracts have for them.
import type { Defects } from '../core/planting.ts';

const NOT_A_TIME = 'not_a_timestamp';
const NOT_A_DATE = 'not_a_date';
const NOT_WHOLE = 'not_an_integer';
const NOT_A_NUMBER = 'not_a_number';
const MISSING = 'missing';
const BELOW = 'below_minimum';
const ABOVE = 'above_maximum';
const NOT_ACCEPTED = 'not_accepted';
const MALFORMED = 'does_not_match';

export const DEFECTS: Readonly<Record<string, Defects>> = {
  customers: {
    values: [
      { column: 'customer_unique_id', value: '', what: MISSING },
      { column: 'customer_zip_code_prefix', value: '0140', what: MALFORMED },
      { column: 'customer_state', value: 'sp', what: MALFORMED },
    ],
    duplicates: true,
    earlier: { customer_city: 'cidade antiga' },
    text: 'customer_city',
  },
  orders: {
    values: [
      { column: 'order_purchase_timestamp', value: '2017-13-45 99:10:00', what: NOT_A_TIME },
      { column: 'order_purchase_timestamp', value: '', what: MISSING },
      { column: 'order_delivered_customer_date', value: 'ontem', what: NOT_A_TIME },
      { column: 'order_estimated_delivery_date', value: '2018-02-30', what: NOT_A_DATE },
      { column: 'order_status', value: 'teleported', what: NOT_ACCEPTED },
      { column: 'customer_id', value: '', what: MISSING },
    ],
    duplicates: true,
    earlier: { order_status: 'processing', order_delivered_carrier_date: '', order_delivered_customer_date: '' },
  },
  order_items: {
    values: [
      { column: 'price', value: '-12.90', what: BELOW },
      { column: 'price', value: 'R$ 58', what: NOT_A_NUMBER },
      { column: 'freight_value', value: '', what: MISSING },
      { column: 'order_item_id', value: '0', what: BELOW },
      { column: 'order_item_id', value: '1.5', what: NOT_WHOLE },
      { column: 'shipping_limit_date', value: '2017-09-31 09:45:35', what: NOT_A_TIME },
    ],
    rules: [{ rule: 'freight_is_plausible', set: { price: '10.00', freight_value: '99999.00' } }],
    duplicates: true,
    earlier: { freight_value: '0.00' },
  },
  order_payments: {
    values: [
      { column: 'payment_value', value: '-1.00', what: BELOW },
      { column: 'payment_value', value: '12,50'.replace(',', ';'), what: NOT_A_NUMBER },
      { column: 'payment_type', value: 'shells', what: NOT_ACCEPTED },
      { column: 'payment_installments', value: '-3', what: BELOW },
      { column: 'payment_sequential', value: 'first', what: NOT_WHOLE },
    ],
    duplicates: true,
    earlier: { payment_value: '0.01' },
  },
  order_reviews: {
    values: [
      { column: 'review_score', value: '6', what: ABOVE },
      { column: 'review_score', value: '0', what: BELOW },
      { column: 'review_score', value: 'great', what: NOT_WHOLE },
      { column: 'review_creation_date', value: '', what: MISSING },
      { column: 'review_answer_timestamp', value: '2018-01-18 25:46:59', what: NOT_A_TIME },
    ],
    duplicates: true,
    earlier: { review_comment_title: 'antes de editar' },
    text: 'review_comment_title',
  },
  products: {
    values: [
      { column: 'product_weight_g', value: '-225', what: BELOW },
      { column: 'product_length_cm', value: '16cm', what: NOT_WHOLE },
      { column: 'product_photos_qty', value: 'one', what: NOT_WHOLE },
      { column: 'product_id', value: '', what: MISSING },
    ],
    duplicates: true,
    earlier: { product_photos_qty: '0' },
    text: 'product_category_name',
  },
  sellers: {
    values: [
      { column: 'seller_zip_code_prefix', value: '"1302"', what: MALFORMED },
      { column: 'seller_state', value: '', what: MISSING },
    ],
    duplicates: true,
    earlier: { seller_city: 'cidade antiga' },
    text: 'seller_city',
  },
  geolocation: {
    values: [
      { column: 'geolocation_lat', value: '-123.5', what: BELOW },
      { column: 'geolocation_lng', value: '246.63', what: ABOVE },
      { column: 'geolocation_lat', value: 'south', what: NOT_A_NUMBER },
      { column: 'geolocation_zip_code_prefix', value: '', what: MISSING },
    ],
    duplicates: false,
    text: 'geolocation_city',
  },
  product_category_translation: {
    values: [{ column: 'product_category_name_english', value: '', what: MISSING }],
    duplicates: true,
    text: 'product_category_name',
  },
};
