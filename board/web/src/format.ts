// Numbers and names as people read them.

const thin = '\u202f'; // narrow no-break space between groups of three

// 1 204 311; at most two digits behind the point.
export function exact(n: number): string {
  const rounded = Math.round(n * 100) / 100;
  const [whole, fraction] = Math.abs(rounded).toString().split('.');
  if (whole!.includes('e')) return n.toExponential(2);
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, thin);
  return (rounded < 0 ? '\u2212' : '') + grouped + (fraction ? '.' + fraction : '');
}

// 812, 81.2k, 1.20M: three digits that count.
export function short(n: number): string {
  const size = Math.abs(n);
  if (size < 1000) return size >= 100 || Number.isInteger(n) ? Math.round(n).toString() : trim(n);
  const units: [number, string][] = [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ];
  for (const [unit, letter] of units) if (size >= unit * 0.9995) return digits3(n / unit) + letter;
  return digits3(n / 1e3) + 'k';
}

// 10k, 7.5k: for an axis, where the ticks are round.
export function tick(n: number): string {
  return short(n).replace(/(\.\d*?)0+(\D?)$/, '$1$2').replace(/\.(\D?)$/, '$1');
}

function digits3(n: number): string {
  const size = Math.abs(n);
  return n.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2);
}

function trim(n: number): string {
  return digits3(n).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}

// A share that never says 100 % or 0 % unless it is exactly that.
export function percent(part: number, whole: number): string {
  if (whole === 0) return '\u2013';
  if (part === whole) return '100\u202f%';
  if (part === 0) return '0\u202f%';
  const value = (100 * part) / whole;
  if (value > 99.99) return '>\u202f99.99\u202f%';
  if (value < 0.01) return '<\u202f0.01\u202f%';
  return value.toFixed(value > 99 || value < 1 ? 2 : 1) + '\u202f%';
}

export function seconds(s: number): string {
  if (s < 10) return s.toFixed(1) + '\u202fs';
  if (s < 120) return Math.round(s) + '\u202fs';
  if (s < 7200) return Math.round(s / 60) + '\u202fmin';
  return (s / 3600).toFixed(1) + '\u202fh';
}

// 14:03:27; UTC, as captures are read.
export function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

export function dateTime(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
}

// Control characters, marks that turn the direction of text, and characters that cannot be seen:
// a name that has them must not look like one that has not.
const unseen =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\u{e0000}-\u{e007f}]/u;
const unseenAll = new RegExp(unseen.source, 'gu');

export function visible(text: string): string {
  if (text === '') return '(empty)';
  return text.replace(unseenAll, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

// A count column is a sum over its window; on a chart it is shown per second.
export function isRate(column: string): boolean {
  return column === 'count';
}

const units: [RegExp, string][] = [
  [/(^|[_ ])us($|[_ ])/, 'µs'],
  [/(^|[_ ])ms($|[_ ])/, 'ms'],
  [/(^|[_ ])bytes($|[_ ])/, 'bytes'],
];

export function unitOf(column: string): string {
  if (isRate(column)) return 'per second';
  return units.find(([pattern]) => pattern.test(column))?.[1] ?? '';
}

// "latency_us p99" on a chart whose unit is said elsewhere: "latency p99".
export function withoutUnit(name: string): string {
  return heading(name.replace(/[_ ](us|ms|bytes)(?=$|[_ ])/, ''));
}

export function heading(column: string): string {
  return column.replace(/_/g, ' ');
}
