// The normal distribution, and the logarithm of the gamma function.

/** The x below which a standard normal variable falls with this probability, by AS 241 (Wichura 1988, PPND16): about 1e-16 relative. Infinite at 0 and 1, NaN beyond. */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) return probability === 0 ? -Infinity : probability === 1 ? Infinity : Number.NaN;
  const q = probability - 0.5;
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    return (q * polynomial(CENTRE_OVER, r)) / polynomial(CENTRE_UNDER, r);
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? probability : 1 - probability));
  const value = tail <= 5 ? polynomial(NEAR_OVER, tail - 1.6) / polynomial(NEAR_UNDER, tail - 1.6) : polynomial(FAR_OVER, tail - 5) / polynomial(FAR_UNDER, tail - 5);
  return q < 0 ? -value : value;
}

/** log Γ(x) for x > 0, by Stirling's series once the argument has been brought above 8: within 1e-11, or 1e-15 relative. */
export function logGamma(x: number): number {
  let [at, less] = [x, 0];
  for (; at < 8; at += 1) less += Math.log(at);
  const inverse = 1 / at;
  const square = inverse * inverse;
  return (at - 0.5) * Math.log(at) - at + 0.918_938_533_204_672_8 + inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square / 1_680))) - less;
}

/** Coefficients from the constant term up. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

const CENTRE_OVER = [
  3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
  33430.57558358813, 2509.0809287301227,
];
const CENTRE_UNDER = [
  1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943,
  5226.495278852546,
];
const NEAR_OVER = [
  1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506,
  0.022723844989269184, 0.0007745450142783414,
];
const NEAR_UNDER = [
  1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
  0.0005475938084995345, 1.0507500716444169e-9,
];
const FAR_OVER = [
  6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
  0.0012426609473880784, 0.000027115555687434876, 2.0103343992922881e-7,
];
const FAR_UNDER = [
  1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 0.000018463183175100548,
  1.421511758316446e-7, 2.0442631033899397e-15,
];
