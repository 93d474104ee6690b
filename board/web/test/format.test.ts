import { describe, expect, it } from 'vitest';

import { clock, exact, percent, seconds, short, tick, unitOf, visible, withoutUnit } from '../src/format';

const plain = (text: string) => text.replace(/\u202f/g, ' ');

describe('numbers', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1 000'],
    [1204311, '1 204 311'],
    [9007199254740991, '9 007 199 254 740 991'],
    [0.126, '0.13'],
    [1234.5, '1 234.5'],
    [-1234, '\u22121 234'],
  ])('exact %d', (n, text) => expect(plain(exact(n))).toBe(text));

  it.each([
    [0, '0'],
    [7, '7'],
    [7.25, '7.25'],
    [99.96, '100'],
    [812, '812'],
    [999.7, '1000'],
    [1000, '1.00k'],
    [9999, '10.0k'],
    [81234, '81.2k'],
    [999600, '1.00M'],
    [1204311, '1.20M'],
    [5e9, '5.00G'],
    [2e12, '2.00T'],
  ])('short %d', (n, text) => expect(short(n)).toBe(text));

  it.each([
    [1, 1, '100 %'],
    [0, 5, '0 %'],
    [0, 0, '\u2013'],
    [999999, 1000000, '> 99.99 %'],
    [1, 1000000, '< 0.01 %'],
    [9998, 10000, '99.98 %'],
    [1, 3, '33.3 %'],
  ])('percent %d of %d never rounds to all or nothing', (part, whole, text) =>
    expect(plain(percent(part, whole))).toBe(text),
  );

  it('seconds', () => {
    expect([0.24, 11.6, 300, 10800].map((s) => plain(seconds(s)))).toEqual(['0.2 s', '12 s', '5 min', '3.0 h']);
  });

  it('tells time in UTC', () => expect(clock(Date.UTC(2026, 10, 21, 19, 5, 7))).toBe('19:05:07'));

  it('keeps an axis free of zeros that say nothing', () => {
    expect([0, 250, 1000, 7500, 10_000, 12_500, 2_000_000, 0.5].map(tick)).toEqual(
      ['0', '250', '1k', '7.5k', '10k', '12.5k', '2M', '0.5'],
    );
  });

  it('knows the unit of a column', () => {
    expect(unitOf('count')).toBe('per second');
    expect(unitOf('latency_us p99')).toBe('µs');
    expect(unitOf('status')).toBe('');
    expect(withoutUnit('latency_us p99')).toBe('latency p99');
    expect(withoutUnit('response_bytes')).toBe('response');
  });
});

describe('names', () => {
  it.each([
    ['example.com', 'example.com'],
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'], // shown as text, never parsed
    ['a\\032b.example', 'a\\032b.example'],
    ['moc.\u202eelgoog', 'moc.\\u{202e}elgoog'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['line\nfeed\u0000', 'line\\u{a}feed\\u{0}'],
    ['tag\u{e0041}', 'tag\\u{e0041}'],
    ['bücher.example', 'bücher.example'],
    ['😀.example', '😀.example'],
    ['', '(empty)'],
  ])('%j is shown as %j', (name, shown) => expect(visible(name)).toBe(shown));
});
