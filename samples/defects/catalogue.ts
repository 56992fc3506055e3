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
const NOT_A_BOOLEAN = 'not_a_boolean';
const NOT_AN_EPOCH = 'not_an_epoch';
const NOT_AN_ID = 'not_an_id';

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
      { column: 'payment_value', value: '12;50', what: NOT_A_NUMBER },
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
  events: {
    values: [
      { column: 'timestamp', value: '2018-06-06T10:00', what: NOT_AN_EPOCH },
      { column: 'timestamp', value: '-1', what: BELOW },
      { column: 'visitorid', value: '', what: MISSING },
      { column: 'event', value: 'purchase', what: NOT_ACCEPTED },
    ],
    rules: [
      { rule: 'item_is_known', set: { event: 'view', itemid: '' } },
      { rule: 'transaction_has_id', set: { event: 'transaction', itemid: '17', transactionid: '' } },
    ],
    duplicates: false,
  },
  item_properties: {
    values: [
      { column: 'timestamp', value: 'sunday', what: NOT_AN_EPOCH },
      { column: 'itemid', value: '', what: MISSING },
      { column: 'property', value: '', what: MISSING },
    ],
    duplicates: false,
    text: 'value',
  },
  category_tree: {
    values: [
      { column: 'categoryid', value: '', what: MISSING },
      { column: 'parentid', value: ' 7', what: NOT_AN_ID },
    ],
    duplicates: true,
  },
  crm_customers: {
    values: [
      { column: 'customer_id', value: '', what: MISSING },
      { column: 'name', value: '', what: MISSING },
      { column: 'email', value: 'ana at example.com', what: MALFORMED },
      { column: 'postcode', value: 'ABC', what: MALFORMED },
      { column: 'country', value: 'Brasil', what: MALFORMED },
      { column: 'registration_date', value: '2017-02-29', what: NOT_A_DATE },
      { column: 'registration_date', value: '1899-12-31', what: BELOW },
      { column: 'marketing_opt_in', value: 'maybe', what: NOT_A_BOOLEAN },
    ],
    duplicates: true,
    earlier: { customer_segment: 'prospect' },
    text: 'city',
  },
  interactions: {
    values: [
      { column: 'customer_id', value: '', what: MISSING },
      { column: 'interaction_date', value: '31/12/2017', what: NOT_A_TIME },
      { column: 'interaction_type', value: 'rant', what: NOT_ACCEPTED },
      { column: 'channel', value: 'pigeon', what: NOT_ACCEPTED },
      { column: 'response_time_minutes', value: '-5', what: BELOW },
      { column: 'response_time_minutes', value: '2h', what: NOT_WHOLE },
      { column: 'satisfaction_score', value: '9', what: ABOVE },
    ],
    duplicates: true,
    earlier: { response_time_minutes: '', interaction_outcome: '', satisfaction_score: '' },
  },
  transactions: {
    values: [
      { column: 'user_id', value: '', what: MISSING },
      { column: 'quantity', value: '0', what: BELOW },
      { column: 'quantity', value: 'two', what: NOT_WHOLE },
      { column: 'price', value: '-1.00', what: BELOW },
      { column: 'timestamp', value: '2018-11-31 10:00:00', what: NOT_A_TIME },
      { column: 'payment_method', value: 'iou', what: NOT_ACCEPTED },
    ],
    rules: [{ rule: 'price_is_positive', set: { price: '0.00' } }],
    duplicates: true,
    earlier: { transaction_status: 'pending' },
  },
  supplier_costs: {
    values: [
      { column: 'unit_cost', value: '-0.01', what: BELOW },
      { column: 'unit_cost', value: '1.234.50', what: NOT_A_NUMBER },
      { column: 'sku', value: '', what: MISSING },
      { column: 'valid_from', value: 'always', what: NOT_A_DATE },
      { column: 'min_order_quantity', value: '0', what: BELOW },
    ],
    rules: [{ rule: 'validity_is_ordered', set: { valid_from: '2018-01-01', valid_to: '2017-01-01' } }],
    duplicates: true,
    earlier: { unit_cost: '999.99' },
  },
  market_prices: {
    values: [
      { column: 'price', value: '-9.90', what: BELOW },
      { column: 'price', value: '', what: MISSING },
      { column: 'observed_at', value: '2018-10-32 06:00:00', what: NOT_A_TIME },
      { column: 'in_stock', value: 'soon', what: NOT_A_BOOLEAN },
    ],
    rules: [{ rule: 'price_is_positive', set: { price: '0.00' } }],
    duplicates: true,
    earlier: { price: '1.00' },
  },
  shipping_zones: {
    values: [{ column: 'zone', value: 'North East', what: MALFORMED }],
    duplicates: true,
  },
  shipping_rates: {
    values: [
      { column: 'service', value: 'teleport', what: NOT_ACCEPTED },
      { column: 'base_price', value: '-1', what: BELOW },
      { column: 'price_per_kg', value: 'free', what: NOT_A_NUMBER },
      { column: 'transit_days', value: '2.5', what: NOT_WHOLE },
    ],
    rules: [{ rule: 'bracket_is_ordered', set: { min_weight_kg: '5', max_weight_kg: '2' } }],
    duplicates: true,
    earlier: { transit_days: '99' },
  },
  online_retail: {
    values: [
      { column: 'Quantity', value: 'dozen', what: NOT_WHOLE },
      { column: 'InvoiceDate', value: '2018-09-31 08:26:00', what: NOT_A_TIME },
      { column: 'UnitPrice', value: '2.55 GBP', what: NOT_A_NUMBER },
      { column: 'StockCode', value: '', what: MISSING },
      { column: 'CustomerID', value: '17850.5', what: NOT_AN_ID },
    ],
    rules: [
      { rule: 'quantity_is_not_zero', set: { Quantity: '0' } },
      { rule: 'negative_price_is_an_adjustment', set: { InvoiceNo: '581999', UnitPrice: '-2.55' } },
    ],
    duplicates: true,
    text: 'Description',
  },
};
