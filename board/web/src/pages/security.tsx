// Security events: what the detectors of this run have found, the newest first. Asked for every two
// seconds; what is new is announced, and shown when the reader wants it.
import { useSignal, useSignalEffect } from '@preact/signals';

import { useAsked } from '../data';
import { listPath, type EventList } from './security-data';
import { Filters } from './security-filters';
import { Events } from './security-list';
import { look, show } from './security-look';
import { Mutes } from './security-mutes';

const periodMs = 2000;

export default function SecurityPage() {
  const top = useSignal(0);
  const asked = useSignal(0); // grows when the list is wanted anew at once
  const { data, failure } = useAsked<EventList>(() => {
    asked.value;
    const { open: _, ...rest } = look.value;
    return listPath({ ...rest, open: '' }, top.value);
  }, periodMs);
  useSignalEffect(() => {
    if (data.value && top.peek() === 0) top.value = data.value.newest;
  });
  const again = () => asked.value++;
  const showNew = () => {
    top.value = 0;
    show({ skip: 0 });
    again();
  };
  const list = data.value;
  return (
    <div class="security-page">
      {failure.value && (
        <p class="notes" role="alert">
          {failure.value}
        </p>
      )}
      {list && (
        <>
          <Filters list={list} />
          <Events list={list} showNew={showNew} again={again} />
          <Mutes list={list} again={again} />
        </>
      )}
    </div>
  );
}
