import { describe, expect, it } from 'vitest';

import {
  type EventDetail,
  heights,
  listPath,
  type Look,
  muteChoices,
  readLook,
  reasonsOf,
  settingsOf,
  timeText,
  writeLook,
} from '../../src/pages/security-data';

const nothing: Look = {
  detector: '',
  severity: '',
  state: '',
  text: '',
  open: '',
  skip: 0,
  follow: false,
};

function event(changes: Partial<EventDetail> = {}): EventDetail {
  return {
    id: '18446744073709551615',
    number: 1,
    detector: 'random_subdomain',
    state: 'opened',
    severity: 'high',
    score: 6.01,
    key_kind: 'domain',
    key: 'victim.example',
    time: 0,
    start: 0,
    end: 0,
    mute: null,
    evidence: { distinct: 3005, failed: 3100, usual_distinct: 2, threshold: 500 },
    samples: [],
    advice: '',
    components: [],
    ...changes,
  };
}

describe('the address', () => {
  it('says what is looked at, and back', () => {
    const look: Look = {
      detector: 'tunnel',
      severity: 'high',
      state: 'open',
      text: 'a b&c=#?\u202e<i>',
      open: '18446744073709551615',
      skip: 200,
      follow: true,
    };
    expect(readLook(writeLook(look))).toEqual(look);
    expect(writeLook(nothing)).toBe('#security');
  });
  it('may hold anything', () => {
    expect(readLook('')).toEqual(nothing);
    expect(readLook('#security')).toEqual(nothing);
    expect(readLook('#security?severity=worst&state=ajar&skip=-3&follow=yes')).toEqual(nothing);
    expect(readLook('#security?skip=1.5')).toEqual(nothing);
  });
  it('makes the question to the server', () => {
    expect(listPath(nothing, 0)).toBe('/api/data/events?limit=100');
    expect(listPath({ ...nothing, text: 'a&b', skip: 100 }, 7)).toBe(
      '/api/data/events?text=a%26b&top=7&skip=100&limit=100',
    );
    expect(listPath({ ...nothing, follow: true }, 7)).toBe('/api/data/events?limit=100');
  });
});

describe('why', () => {
  it('is the number whose share of the threshold is the score', () => {
    const reasons = reasonsOf(event());
    expect(reasons.map(({ name, limit, decisive }) => [name, limit, decisive])).toEqual([
      ['distinct', '500', true],
      ['failed', '', false],
      ['usual_distinct', '', false],
    ]);
  });
  it('is one number, if two would fit', () => {
    const reasons = reasonsOf(event({ evidence: { distinct: 3005, failed: 3005, threshold: 500 } }));
    expect(reasons.filter(({ decisive }) => decisive).map(({ name }) => name)).toEqual(['distinct']);
  });
  it('takes thresholds in milliseconds for times only', () => {
    const reasons = reasonsOf(event({ score: 2, evidence: { time_ms: 100, queries: 100, threshold_ms: 50 } }));
    expect(reasons.map(({ decisive }) => decisive)).toEqual([true, false]);
  });
  it('shows what is set under the name of a number', () => {
    const settings = [{ name: 'addresses', value: '15', help: 'so many' }];
    const [first, second] = reasonsOf(
      event({
        evidence: { addresses: 40, ttl: 5 },
        components: [{ component: 'flux', settings }],
      }),
    );
    expect(first).toEqual({ name: 'addresses', value: 40, limit: '15', help: 'so many', decisive: false });
    expect(second!.limit).toBe('');
  });
  it('needs no evidence', () => expect(reasonsOf(event({ evidence: null }))).toEqual([]));
  it('is that of the component whose key it is', () => {
    const by = (component: string, value: string) => ({ component, settings: [{ name: 'by', value, help: '' }] });
    const two = event({ components: [by('networks', 'network'), by('domains', 'domain')] });
    expect(settingsOf(two)!.component).toBe('domains');
    expect(settingsOf(event({ ...two, key_kind: 'total' }))!.component).toBe('networks');
    expect(settingsOf(event())).toBeNull();
  });
});

describe('mutes', () => {
  it('are of a part of the key or of all', () => {
    const both = event({ key_kind: 'domain client', key: 't.example 192.0.2.1' });
    expect(muteChoices(both)).toEqual([
      { key: 't.example', label: 't.example and all below it' },
      { key: '192.0.2.1', label: '192.0.2.1' },
      { key: '*', label: 'everything that it finds' },
    ]);
  });
  it('leave out what is no word of a rule', () => {
    expect(muteChoices(event({ key: 'a#b' })).map(({ key }) => key)).toEqual(['*']);
    expect(muteChoices(event({ key: '' })).map(({ key }) => key)).toEqual(['*']);
  });
  it('end at a time in whole seconds', () => {
    expect(timeText(1767225600123)).toBe('2026-01-01T00:00:00Z');
  });
});

it('draws bars by the largest', () => {
  expect(heights([0, 5, 10])).toEqual([0, 0.5, 1]);
  expect(heights([])).toEqual([]);
});
