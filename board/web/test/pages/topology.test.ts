import { describe, expect, it } from 'vitest';

import {
  causeOf,
  completed,
  duration,
  edgeName,
  focusOf,
  hashOf,
  isSystem,
  sumsOf,
  waitText,
  type Task,
  type Topology,
  type TopologyComponent,
  type Waiting,
} from '../../src/pages/topology-data';

function task(of: Partial<Task> = {}): Task {
  return {
    task: 0,
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
    waits_for: null,
    inbox_rows: 0,
    counters: {},
    ...of,
  };
}

function component(id: string, ...tasks: Task[]): TopologyComponent {
  return { id, kind: 'bolt', operator: id, errors: [], tasks };
}

const room = (who: string, for_s: number): Waiting => ({ who, why: 'room', for_s });
const quantiles = (p50: number, p99: number) => ({ p50, p90: p99, p99, p999: p99, max: p99 });

describe('the cause of a stall', () => {
  const stalled = (cause: string): Topology => ({
    t: 0,
    topology: 'test',
    finished: false,
    over_s: 1,
    stall: { source: 'packets', cause, for_s: 12 },
    errors: [],
    components: [component('packets', task()), component('store', task(), task({ task: 1 }))],
    edges: [],
  });
  it('is a component, whichever of its tasks is named', () => {
    expect(causeOf(stalled('store/1'))).toBe('store');
    expect(causeOf(stalled('packets'))).toBe('packets');
  });
  it('is none where it is no component, or where nothing is held up', () => {
    expect(causeOf(stalled('acks'))).toBeNull();
    expect(causeOf({ ...stalled('store'), stall: null })).toBeNull();
  });
});

describe('the sums of a component', () => {
  const sums = sumsOf(
    component(
      'decode',
      task({ busy: 0.9, idle: 0.1, executed_per_s: 10, inbox_rows: 3, execute_us: quantiles(5, 50) }),
      task({
        task: 1,
        busy: 0.2,
        blocked: 0.3,
        idle: 0.1,
        executed_per_s: 5,
        inbox_rows: 4,
        failed: 2,
        execute_us: quantiles(7, 40),
      }),
    ),
  );
  it('are means of shares, which with the rest are the whole', () => {
    const { busy, blocked, idle, rest } = sums.shares;
    expect([busy, blocked, idle].map((share) => share.toFixed(2))).toEqual(['0.55', '0.15', '0.10']);
    expect(busy + blocked + idle + rest).toBeCloseTo(1, 9);
  });
  it('are sums of rows and the slowest of latencies', () => {
    expect(sums).toMatchObject({ in_per_s: 15, inbox_rows: 7, failed: 2, execute_p50: 7, execute_p99: 50 });
  });
  it('say that an inbox is not known if that of a task is not', () => {
    expect(sumsOf(component('a', task(), task({ inbox_rows: null }))).inbox_rows).toBeNull();
  });
});

describe('the answer of a coordinator', () => {
  it('says that what it leaves out is not known', () => {
    const { inbox_rows, counters, ...told } = task();
    const answer = {
      components: [{ id: 'a', kind: 'bolt', operator: 'a', tasks: [told] }],
      edges: [{ from: 'a', to: 'b' }],
    };
    const whole = completed(answer as unknown as Topology);
    expect(whole).toMatchObject({ stall: null, errors: [], edges: [{ blocked: 0 }] });
    expect(whole.components[0]).toMatchObject({ errors: [], tasks: [{ inbox_rows: null, counters: {} }] });
    expect(completed(whole)).toEqual(whole);
  });
});

describe('the address', () => {
  it.each([
    ['#topology', { component: '', edge: '' }],
    ['#topology?component=decode', { component: 'decode', edge: '' }],
    ['#topology?edge=decode%3Aqueries-%3Enames', { component: '', edge: 'decode:queries->names' }],
  ])('%s', (hash, focus) => {
    expect(focusOf(hash)).toEqual(focus);
    expect(hashOf(focus)).toBe(hash);
  });
  it('keeps names with special characters', () => {
    const component = 'a&b=?#% ä';
    expect(focusOf(hashOf({ component })).component).toBe(component);
  });
});

describe('words', () => {
  it("name edges as taps do, and know what is the engine's own", () => {
    expect(edgeName({ from: 'a', stream: 's', to: 'b' })).toBe('a:s->b');
    expect(isSystem('__tick')).toBe(true);
    expect(isSystem('tick')).toBe(false);
  });
  it('say what a task waits for', () => {
    expect(waitText(null)).toBe('');
    expect(waitText(room('names', 1))).toBe('room at names');
    expect(waitText({ who: 'decode', why: 'rows', for_s: 1 })).toBe('rows of decode');
    expect(waitText({ who: 'acks', why: 'acks', for_s: 1 })).toBe('acks');
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
