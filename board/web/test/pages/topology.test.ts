import {describe, expect, it} from 'vitest';

import {duration, holdUp, waitText, type Task, type Topology, type TopologyComponent, type Waiting} from '../../src/pages/topology-data';

function task(waits_for: Waiting|null, number = 0): Task {
  return {
    task: number,
    executed: 0,
    emitted: 0,
    acked: 0,
    failed: 0,
    executed_per_s: 0,
    emitted_per_s: 0,
    busy: 0,
    blocked: 0,
    idle: 0,
    latency_us: null,
    execute_us: null,
    waits_for,
  };
}

function topology(...components: [string, 'spout'|'bolt', ...(Waiting | null)[]][]): Topology {
  const made: TopologyComponent[] =
      components.map(([id, kind, ...waits]) => ({
                       id,
                       kind,
                       operator: id,
                       tasks: waits.map((waiting, i) => task(waiting, i)),
                     }));
  return {t: 0, topology: 'test', finished: false, over_s: 1, components: made, edges: []};
}

const room = (who: string, for_s: number): Waiting => ({who, why: 'room', for_s});

describe('who holds up a topology', () => {
  it('is at the end of the chain of waits', () => {
    const seen = topology(
        ['packets', 'spout', room('decode/1', 12)],
        ['decode', 'bolt', null, room('store', 11)],
        ['store', 'bolt', null],
    );
    expect(holdUp(seen)).toEqual({source: 'packets', cause: 'store', for_s: 12});
  });
  it('is nobody if waits are short, or for input', () => {
    expect(holdUp(topology(['packets', 'spout', room('decode', 0.2)], ['decode', 'bolt', null])))
        .toBeNull();
    const idle: Waiting = {who: 'packets', why: 'rows', for_s: 60};
    expect(holdUp(topology(['packets', 'spout', null], ['decode', 'bolt', idle]))).toBeNull();
  });
  it('ends for waits in a circle, too', () => {
    const seen = topology(
        ['a', 'spout', room('b', 3)], ['b', 'bolt', room('c', 2)], ['c', 'bolt', room('b', 2)]);
    expect(holdUp(seen)?.source).toBe('a');
  });
});

describe('words', () => {
  it('say what a task waits for', () => {
    expect(waitText(null)).toBe('');
    expect(waitText(room('names', 1))).toBe('room at names');
    expect(waitText({who: 'decode', why: 'rows', for_s: 1})).toBe('rows of decode');
    expect(waitText({who: 'acks', why: 'acks', for_s: 1})).toBe('acks');
  });
  it.each([
    [0.4, '0.4 µs'],
    [12.3, '12 µs'],
    [999.6, '1.00 ms'],
    [3400, '3.40 ms'],
    [999_600, '1.00 s'],
    [12_340_000, '12.3 s'],
  ])('%d µs', (us, text) => expect(duration(us).replace('\u202f', ' ')).toBe(text));
});
