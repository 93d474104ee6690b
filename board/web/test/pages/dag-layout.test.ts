import { describe, expect, it } from 'vitest';

import { boxHeight, boxWidth, curve, layOut, nearTo, versionOf, widthOf } from '../../src/pages/dag-layout';
import { edgeKey } from '../../src/pages/topology-data';

const node = (id: string) => ({ id });
const edge = (from: string, to: string, stream = 'default') => ({ from, stream, to });
const nodes = ['packets', 'decode', 'names', 'types', 'board'].map(node);
const edges = [
  edge('packets', 'decode'),
  edge('decode', 'names', 'queries'),
  edge('decode', 'types', 'queries'),
  edge('decode', 'types', 'responses'),
  edge('names', 'board'),
  edge('types', 'board'),
];

describe('a layout', () => {
  const layout = layOut(nodes, edges);
  it('puts every reader to the right of what it reads', () => {
    for (const { from, to } of edges)
      expect(layout.boxes.get(to)!.x - layout.boxes.get(from)!.x).toBeGreaterThan(boxWidth);
  });
  it('lets no boxes overlap, and none leave the picture', () => {
    const boxes = [...layout.boxes.values()];
    for (const [i, a] of boxes.entries()) {
      expect(a.x - boxWidth / 2).toBeGreaterThanOrEqual(0);
      expect(a.y + boxHeight / 2).toBeLessThanOrEqual(layout.height);
      for (const b of boxes.slice(i + 1))
        expect(Math.abs(a.x - b.x) >= boxWidth || Math.abs(a.y - b.y) >= boxHeight).toBe(true);
    }
  });
  it('has a way for every edge, two for two streams between the same', () => {
    expect(layout.edges.size).toBe(edges.length);
    const [one, other] = [edges[2]!, edges[3]!].map((it) => layout.edges.get(edgeKey(it))!);
    expect(one!.path).not.toBe(other!.path);
    expect(one!.path).toMatch(/^M[\d.,]+Q/);
  });
  it('is the same for the same topology', () => {
    expect(layOut(nodes, edges)).toEqual(layout);
    expect(versionOf(nodes, edges)).toBe(layout.version);
    expect(versionOf(nodes.slice(1), edges.slice(1))).not.toBe(layout.version);
  });
  it('is there for nothing, for one box and for a cycle', () => {
    expect(layOut([], []).boxes.size).toBe(0);
    expect(layOut([node('a')], []).boxes.get('a')).toBeDefined();
    const cycle = layOut([node('a'), node('b')], [edge('a', 'b'), edge('b', 'a'), edge('b', 'b')]);
    expect(cycle.edges.size).toBe(3);
  });
  it('takes two hundred boxes', () => {
    const many = Array.from({ length: 200 }, (_, i) => node(`n${i}`));
    const chain = many.slice(1).map((it, i) => edge(`n${i % 40}`, it.id));
    expect(layOut(many, chain).boxes.size).toBe(200);
  });
});

describe('an edge', () => {
  it('is wider by as much for every ten times the rows', () => {
    expect(widthOf(0)).toBe(1.5);
    expect(widthOf(99_999) - widthOf(9_999)).toBeCloseTo(widthOf(9_999) - widthOf(999), 2);
    expect(widthOf(1e12)).toBe(12);
  });
  it('has no corners', () => {
    expect(curve([])).toBe('');
    expect(
      curve([
        { x: 0, y: 0 },
        { x: 10, y: 0 },
      ]),
    ).toBe('M0.0,0.0L10.0,0.0');
    expect(
      curve([
        { x: 0, y: 0 },
        { x: 5, y: 5 },
        { x: 10, y: 0 },
      ]),
    ).toBe('M0.0,0.0Q5.0,5.0 10.0,0.0');
  });
});

describe('what is near', () => {
  it('to a component are its neighbours and the edges between', () => {
    expect([...nearTo(edges, 'names', '')].sort()).toEqual([
      'board',
      'decode',
      'decode queries names',
      'names',
      'names default board',
    ]);
  });
  it('to an edge are its ends', () => {
    expect([...nearTo(edges, '', 'packets default decode')].sort()).toEqual([
      'decode',
      'packets',
      'packets default decode',
    ]);
  });
});
