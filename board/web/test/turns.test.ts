import { expect, it } from 'vitest';

import { nextOf, periodDefaultS, periodMinS, periodOf } from '../src/turns';

it('is told by the address, with its seconds', () => {
  expect(periodOf('#live?kiosk')).toBe(periodDefaultS);
  expect(periodOf('#live?kiosk=60')).toBe(60);
  expect(periodOf('#live?x=1&kiosk=60&y')).toBe(60);
  expect(periodOf('#live?kiosk=0')).toBe(periodMinS);
  for (const hash of ['', '#live', '#live?kiosks', '#topology?kiosk', '#live?kiosk=x'])
    expect(periodOf(hash)).toBeNull();
});

it('turns through all walls and begins anew', () => {
  expect(nextOf(['a', 'b', 'c'], 'a')).toBe('b');
  expect(nextOf(['a', 'b', 'c'], 'c')).toBe('a');
  expect(nextOf(['a', 'b'], undefined)).toBe('a');
  expect(nextOf([], 'a')).toBeUndefined();
});
