/**
 * IEEE 754-2008 decimals in binary integer encoding (AMQP part 1, section 1.6.13), as text and back. Coefficients that need the
 * second form (the two bits after the sign set) are beyond the precision and mean zero.
 */
interface Format {
  readonly bytes: number;
  readonly exponentBits: number;
  readonly bias: number;
}

const FORMATS: Readonly<Record<string, Format>> = {
  decimal32: { bytes: 4, exponentBits: 8, bias: 101 },
  decimal64: { bytes: 8, exponentBits: 10, bias: 398 },
  decimal128: { bytes: 16, exponentBits: 14, bias: 6176 },
};

/**
 * .NET's library, which the service itself is built on, writes the upper bits of the exponent two places too far down
 * (azure-amqp, DecimalEncoding.EncodeValue) and drops the difference, 18 times 256, when it reads: 12.5 arrives as 125E-4609.
 */
const MISPLACED_EXPONENT = -4608;
const LARGEST_SCALE = 28;

export type DecimalType = 'decimal32' | 'decimal64' | 'decimal128';

/** Decimal text such as `-12.50` or `1E+3`; `undefined` for infinities and what is not a number. */
export function decimalText(type: DecimalType, bytes: Buffer): string | undefined {
  const format = FORMATS[type]!;
  const bits = BigInt(`0x${bytes.toString('hex')}`);
  const width = BigInt(format.bytes * 8);
  const coefficientBits = width - 1n - BigInt(format.exponentBits);
  const isNegative = bits >> (width - 1n) === 1n;
  const combination = (bits >> (width - 6n)) & 0x1fn;
  if (combination >= 0x1en) return undefined;
  const isSecondForm = combination >> 3n === 3n;
  const exponent = withoutMisplacement(
    Number((bits >> coefficientBits) & ((1n << BigInt(format.exponentBits)) - 1n)) - format.bias,
  );
  const coefficient = isSecondForm ? 0n : bits & ((1n << coefficientBits) - 1n);
  const sign = isNegative ? '-' : '';
  if (exponent > 0) return `${sign}${coefficient}E+${exponent}`;
  if (exponent === 0) return `${sign}${coefficient}`;
  const digits = coefficient.toString().padStart(1 - exponent, '0');
  return `${sign}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
}

function withoutMisplacement(exponent: number): number {
  const isMisplaced = exponent <= MISPLACED_EXPONENT && exponent >= MISPLACED_EXPONENT - LARGEST_SCALE;
  return isMisplaced ? exponent - MISPLACED_EXPONENT : exponent;
}

/** The decimal128 of a decimal text. */
export function decimal128Bytes(text: string): Buffer {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:E([+-]?\d+))?$/i.exec(text);
  if (!match) throw new TypeError(`'${text}' is not a decimal.`);
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const exponent = Number(power) - fraction.length + FORMATS.decimal128!.bias;
  const coefficient = BigInt(`${whole}${fraction}` || '0');
  const bits = (sign === '-' ? 1n << 127n : 0n) | (BigInt(exponent) << 113n) | coefficient;
  return Buffer.from(bits.toString(16).padStart(32, '0'), 'hex');
}
