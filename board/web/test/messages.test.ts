import { describe, expect, it } from 'vitest';

import { conditionOf, lastMax, Messages, valuesMax } from '../src/messages';

const head = (...names: string[]) =>
  JSON.stringify({ tap: { fields: names.map((name) => ({ name, type: 'string' })) } }) + '\n';
const row = (values: object) => JSON.stringify({ at: '2026-11-22T06:22:57.183Z', row: values }) + '\n';

describe('Messages', () => {
  it('keeps the last ones, newest first, and counts all', () => {
    const messages = new Messages('domain');
    messages.take(head('time', 'domain', 'client', 'qtype', 'txn'));
    for (let i = 0; i < 50; ++i) messages.take(row({ client: `192.0.2.${i % 3}`, qtype: i < 40 ? 'A' : 'AAAA' }));
    messages.take('{"counts":{"seen":900,"matched":70,"shown":50,"not_shown":20}}\n');
    expect(messages.fields).toEqual(['client', 'qtype']);
    expect(messages.last.length).toBe(lastMax);
    expect(messages.last[0]!.row).toEqual({ client: '192.0.2.1', qtype: 'AAAA' });
    expect([messages.shown, messages.matched]).toEqual([50, 70]);
    expect(messages.tops(2)).toEqual([
      {
        field: 'client',
        top: [
          ['192.0.2.0', 17],
          ['192.0.2.1', 17],
        ],
        others: 16,
      },
      {
        field: 'qtype',
        top: [
          ['A', 40],
          ['AAAA', 10],
        ],
        others: 0,
      },
    ]);
  });

  it('puts lines together that were cut anywhere', () => {
    const messages = new Messages('x');
    const text = head('client') + row({ client: 'ä\u202e' }) + row({ client: 'b' }) + '{"end":true}\n';
    for (const sign of text) messages.take(sign);
    expect(messages.shown).toBe(2);
    expect(messages.last[1]!.row.client).toBe('ä\u202e');
    expect(messages.ended).toBe(true);
  });

  it('is bounded, and what it has no room for is among the others', () => {
    const messages = new Messages('x');
    messages.take(head('client'));
    for (let i = 0; i < valuesMax + 500; ++i) messages.take(row({ client: String(i) }));
    expect(messages.tops(1)).toEqual([{ field: 'client', top: [['0', 1]], others: valuesMax + 499 }]);
  });
});

it('says the condition of a name, whatever is in it, or that there is none', () => {
  expect(conditionOf('qname', 'a b.example')).toBe('qname == "a b.example"');
  expect(conditionOf('qname', '')).toBe('qname == ""');
  expect(conditionOf('qname', 'a"b')).toBe("qname == 'a\"b'");
  expect(conditionOf('qname', 'a"b\'c')).toBeNull();
  expect(conditionOf('qname', '\ufffd')).toBeNull();
});
