import { describe, expect, it } from 'vitest';

import {
  bytes,
  executorText,
  matching,
  span,
  stepOf,
  usedBy,
  type LogLine,
  type Worker,
} from '../../src/pages/cluster-data';

function line(number: number, level: string, text: string, node = 'n1'): LogLine {
  return { number, level, text, node, topology: '', time: '2026-11-27T12:00:00Z' };
}

describe('logs', () => {
  const lines = [line(1, 'info', 'begun'), line(2, 'error', 'its worker has ended'), line(3, 'warning', 'slow', 'n2')];
  const numbers = (level: string, text: string) => matching(lines, level, text).map((it) => it.number);

  it('shows the newest first', () => expect(numbers('info', '')).toEqual([3, 2, 1]));
  it('shows a level and what is worse', () => {
    expect(numbers('warning', '')).toEqual([3, 2]);
    expect(numbers('error', '')).toEqual([2]);
  });
  it('finds text anywhere, in any case', () => {
    expect(numbers('info', ' WORKER ')).toEqual([2]);
    expect(numbers('info', 'n2')).toEqual([3]);
    expect(numbers('info', 'nothing of this')).toEqual([]);
  });
  it('shows a level that it does not know', () => expect(matching([line(4, 'odd', '')], 'info', '')).toHaveLength(1));
});

describe('numbers', () => {
  it('adds up the workers of a node', () => {
    const worker = (supervisorId: string, usedCpu: number) =>
      ({ supervisorId, usedCpu, usedMem: 2, executors: [{}] }) as Worker;
    expect(usedBy('a', [worker('a', 10), worker('b', 100), worker('a', 5)])).toEqual({
      cpu: 15,
      mem: 4,
      workers: 2,
      executors: 2,
    });
  });
  it('has five steps of being busy', () => {
    expect([0, 0.199, 0.2, 0.6, 0.79, 0.8, 1].map(stepOf)).toEqual([0, 0, 1, 3, 3, 4, 4]);
  });
  it('says what an executor does', () => {
    expect(executorText({ tasks: ['dns/0', 'names/1'], busy: 0.614, blocked: 0 }).replace(/\u202f/g, ' ')).toBe(
      'dns/0, names/1: busy 61 %, blocked 0 %',
    );
  });
  it('writes bytes and spans as people read them', () => {
    const plain = (text: string) => text.replace(/\u202f/g, ' ');
    expect([0, 999, 1000, 38_000_000, 2.1e9].map(bytes).map(plain)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '38.0 MB',
      '2.10 GB',
    ]);
    expect([5, 240, 7260, 266_400].map(span).map(plain)).toEqual(['5 s', '4 min', '2 h 1 min', '3 d 2 h']);
  });
});
