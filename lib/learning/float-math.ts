// exp and log of float32 as the C library of Linux computes them (glibc since 2.28, after Arm's optimized routines): XGBoost calls these, so equal bits
// need their last bit too, which a rounded double does not always have.

const EXP_SCALE = 32;
/** 2^(i/32). */
const EXP_TABLE = Float64Array.from({ length: EXP_SCALE }, (_, i) => 2 ** (i / EXP_SCALE));
const EXP_POLYNOMIAL = [0.05550361559341535 / EXP_SCALE ** 3, 0.2402284522445722 / EXP_SCALE ** 2, 0.6931471806916203 / EXP_SCALE] as const;
const INVERSE_LN2 = Math.LOG2E * EXP_SCALE;

/** e to the power of a float32, as float32. */
export function expFloat(x: number): number {
  if (x !== x) return NaN;
  if (x > 88.722_835) return Infinity;
  if (x < -103.972_076_416) return 0;
  const scaled = INVERSE_LN2 * x;
  const whole = Math.round(scaled);
  const rest = scaled - whole;
  const [a, b, c] = EXP_POLYNOMIAL;
  const power = 2 ** Math.floor(whole / EXP_SCALE) * EXP_TABLE[((whole % EXP_SCALE) + EXP_SCALE) % EXP_SCALE]!;
  return Math.fround(((a * rest + b) * (rest * rest) + (c * rest + 1)) * power);
}

/** Sixteen pairs: about 1/c, and log(c), for c in the middle of each sixteenth from 0.7 to 1.4. */
const LOG_TABLE = Float64Array.of(
  1.398907162146528, -0.33569133332882284, 1.3403141896637998, -0.2929040563774074,
  1.286432210124115, -0.2518726580937369, 1.2367150214269895, -0.21245868807117255,
  1.1906977166711752, -0.17453945183745634, 1.1479821020556429, -0.1380057072319758,
  1.1082251448272158, -0.10275976698545139, 1.0711297413057381, -0.06871392447020525,
  1.036437278977283, -0.0357891387398228, 1, 0,
  0.9492859795739057, 0.05204517742929496, 0.8951049428609004, 0.11081431298787942,
  0.8476821620351103, 0.1652495223695143, 0.8050314851692001, 0.21687389031699977,
  0.7664671008843108, 0.2659635028121397, 0.731428603316328, 0.3127556664073557,
);
const LOG_POLYNOMIAL = [-0.25089342214237154, 0.333456765744066, -0.4999997485802103] as const;
const LOG_OFFSET = 0x3f33_0000;

const bits = new Int32Array(1);
const single = new Float32Array(bits.buffer);

/** The natural logarithm of a positive float32, as float32. */
export function logFloat(x: number): number {
  if (!(x > 0) || x === Infinity) return Math.log(x);
  if (x === 1) return 0;
  const isTiny = x < 1.175_494_350_822_287_5e-38;
  single[0] = isTiny ? x * 8_388_608 : x;
  const integer = isTiny ? bits[0]! - (23 << 23) : bits[0]!;
  const above = (integer - LOG_OFFSET) | 0;
  const entry = ((above >> 19) & 15) * 2;
  const exponent = above >> 23;
  bits[0] = integer - (above & 0xff80_0000);
  const r = single[0] * LOG_TABLE[entry]! - 1;
  const base = LOG_TABLE[entry + 1]! + exponent * Math.LN2;
  const [a, b, c] = LOG_POLYNOMIAL;
  const square = r * r;
  return Math.fround((a * square + (b * r + c)) * square + (base + r));
}
