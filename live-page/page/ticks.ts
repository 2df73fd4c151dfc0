// Where axes have their marks.

const steps = [1, 2, 5];
const superscripts = '⁻⁰¹²³⁴⁵⁶⁷⁸⁹';

/** About `count` round values in [minimum, maximum], ascending. */
export function linearTicks(minimum: number, maximum: number, count = 5): readonly number[] {
  const span = maximum - minimum;
  if (!(span > 0)) return [minimum];
  const rough = span / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = (steps.find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(minimum / step - 1e-9);
  const last = Math.floor(maximum / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => clean((first + index) * step));
}

const timeSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];

/** A few round times in [minimum, maximum], in seconds. */
export function timeTicks(minimum: number, maximum: number): readonly number[] {
  const rough = (maximum - minimum) / 5;
  const step = timeSteps.find((one) => one >= rough);
  // Beyond days, days.
  if (step === undefined) return linearTicks(minimum / 86_400, maximum / 86_400).map((days) => days * 86_400);
  const first = Math.ceil(minimum / step);
  return Array.from({ length: Math.floor(maximum / step) - first + 1 }, (_, index) => (first + index) * step);
}

/** Values for a logarithmic axis: 1, 2 and 5 times powers of ten, every power alone where there are many, finer ones where there are few. */
export function logarithmicTicks(minimum: number, maximum: number): readonly number[] {
  if (!(minimum > 0 && maximum > minimum)) return [];
  const decades = Math.log10(maximum / minimum);
  if (decades < 0.5) {
    const coarse = linearTicks(minimum, maximum, 4);
    // One mark is no scale.
    return coarse.length >= 2 ? coarse : linearTicks(minimum, maximum, 8);
  }
  const multiples = decades > 5 ? [1] : decades > 2 ? [1, 3] : decades > 1 ? steps : [1, 1.5, 2, 3, 5, 7];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(minimum)); exponent <= Math.log10(maximum); exponent += 1) {
    for (const multiple of multiples) ticks.push(clean(multiple * 10 ** exponent));
  }
  return ticks.filter((tick) => tick >= minimum && tick <= maximum);
}

/** The range of a logarithmic axis around data, with a little room. */
export function logarithmicRange(minimum: number, maximum: number): readonly [number, number] {
  if (!(minimum > 0 && maximum >= minimum)) return [0.1, 1];
  const room = Math.max(1.03, (maximum / minimum) ** 0.05);
  return [minimum / room, maximum * room];
}

/** A tick as short as it can be written. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1e6) return `${clean(value / 1e6)}M`;
  if (size >= 1e4) return `${clean(value / 1e3)}k`;
  if (size >= 1e-3) return String(value);
  const [mantissa = '', exponent = ''] = value.toExponential().split('e');
  return `${mantissa === '1' ? '' : `${mantissa}×`}10${superscript(exponent)}`;
}

const superscript = (text: string): string =>
  text.replaceAll(/[-\d]/g, (digit) => superscripts['-0123456789'.indexOf(digit)] ?? '').replace('+', '');

/** Without the last digits, which binary fractions leave. */
const clean = (value: number): number => Number(value.toPrecision(12));
