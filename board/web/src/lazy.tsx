// A page that is fetched when it is first opened.
import type { ComponentType } from 'preact';
import { useSignal, useSignalEffect } from '@preact/signals';

import { pages } from './pages';
import { view } from './store';

const loaded = new Map<string, ComponentType>();

export function LazyPage({ id }: { id: string }) {
  const ready = useSignal(loaded.has(id) ? id : '');
  const failure = useSignal('');
  useSignalEffect(() => {
    const wanted = view.value;
    if (loaded.has(wanted)) {
      ready.value = wanted;
      return;
    }
    failure.value = '';
    pages
      .find((page) => page.id === wanted)
      ?.load()
      .then((module) => {
        loaded.set(wanted, module.default);
        if (view.value === wanted) ready.value = wanted;
      })
      .catch(() => (failure.value = 'This page could not be fetched: is the server there? Load it again.'));
  });
  const Shown = loaded.get(ready.value === id ? id : '');
  if (Shown) return <Shown key={id} />;
  return failure.value ? (
    <p class="notes" role="alert">
      {failure.value}
    </p>
  ) : null;
}
