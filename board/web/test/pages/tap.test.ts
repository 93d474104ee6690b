import { describe, expect, it } from 'vitest';

import { nothingTapped, rowsKept, take, valueText } from '../../src/pages/tap-data';
import { Lines, tapAddress } from '../../src/tap-wire';

const head = '{"tap":{"edge":"words","component":"words","fields":[{"name":"word","type":"string"}]}}';
const row = (n: number) => `{"at":"2026-11-22T06:22:57.183Z","component":"words","task":0,"row":{"word":"w${n}"}}`;
const counts = (seen: number) => `{"counts":{"seen":${seen},"matched":${seen},"shown":1,"not_shown":0}}`;

describe('a tap', () => {
  it('keeps what it is made of, its rows with the newest first, and the counts', () => {
    const state = take(take(nothingTapped, [head, row(1), row(2)]), [counts(2), row(3)]);
    expect(state.head?.fields).toEqual([{ name: 'word', type: 'string' }]);
    expect(state.rows.map((it) => it.row.word)).toEqual(['w3', 'w2', 'w1']);
    expect(state.counts?.seen).toBe(2);
    expect(state.ended).toBe(false);
  });
  it('keeps no more rows than it says', () => {
    let state = nothingTapped;
    for (let i = 0; i < 3; i++)
      state = take(
        state,
        Array.from({ length: rowsKept }, (_, n) => row(n)),
      );
    expect(state.rows.length).toBe(rowsKept);
    expect(state.rows[0]!.row.word).toBe(`w${rowsKept - 1}`);
  });
  it('leaves the state before as it was', () => {
    const before = take(nothingTapped, [row(1)]);
    take(before, [row(2)]);
    expect(before.rows.length).toBe(1);
    expect(nothingTapped.rows.length).toBe(0);
  });
  it('passes over what it does not know, and knows the end', () => {
    const state = take(nothingTapped, [
      '{',
      '{"news":1}',
      `{"end":true,"counts":{"seen":9,"matched":9,"shown":9,"not_shown":0}}`,
    ]);
    expect(state).toMatchObject({ ended: true, rows: [], counts: { seen: 9 } });
  });
});

describe('what comes in pieces', () => {
  it('is cut into whole lines', () => {
    const lines = new Lines();
    expect(lines.push('{"a":1}\n{"b"')).toEqual(['{"a":1}']);
    expect(lines.push(':2}')).toEqual([]);
    expect(lines.push('\n\n{"c":3}\n')).toEqual(['{"b":2}', '{"c":3}']);
  });
});

describe('a value', () => {
  it.each([
    ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['a\u202egpj.exe', 'a\\u{202e}gpj.exe'],
    ['\u0000', '\\u{0}'],
    ['', '(empty)'],
    [null, '–'],
    [42, '42'],
    [true, 'true'],
    [{ a: '\u0007' }, '{"a":"\\u0007"}'],
  ])('%j', (value, text) => expect(valueText(value)).toBe(text));
});

describe('the address of a tap', () => {
  it('carries a filter as it is', () => {
    expect(tapAddress({ edge: 'decode:queries->names', where: 'qname == "a&b"', rate: 5 })).toBe(
      '/tap?edge=decode%3Aqueries-%3Enames&rate=5&where=qname+%3D%3D+%22a%26b%22',
    );
    expect(tapAddress({ edge: 'a', where: '', rate: 1 })).toBe('/tap?edge=a&rate=1');
  });
});
