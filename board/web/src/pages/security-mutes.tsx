// What is muted, by whom and until when.
import { useSignal } from '@preact/signals';

import { dateTime, seconds, visible } from '../format';
import { WideTable } from '../table-card';
import { change, isTokenWanted, TokenForm } from '../token';
import type { EventList } from './security-data';

export function Mutes({ list, again }: { list: EventList; again: () => void }) {
  const failure = useSignal('');
  const wantsToken = useSignal('');
  const unmute = async (rule: string) => {
    wantsToken.value = '';
    try {
      await change('/api/data/events/unmute', { rule });
      failure.value = '';
      again();
    } catch (error) {
      failure.value = (error as Error).message;
      if (isTokenWanted(error)) wantsToken.value = rule;
    }
  };
  return (
    <section class="card" aria-label="Mutes">
      <div class="card-head">
        <h2>Mutes</h2>
        <small>
          what is not told of; a change takes effect{' '}
          {list.mute_after_s > 0 ? `within ${seconds(list.mute_after_s)}` : 'with the next run'}
        </small>
      </div>
      {failure.value && <p role="alert">{failure.value}</p>}
      {wantsToken.value && <TokenForm purpose="control" onReady={() => void unmute(wantsToken.value)} />}
      {list.mutes.length === 0 ? (
        <p class="sums">Nothing is muted.</p>
      ) : (
        <WideTable
          label="Table of mutes"
          columns={[
            'detector',
            { name: 'about', word: true },
            { name: 'ends', word: true },
            { name: 'by whom', word: true },
            { name: 'change', unseen: true },
          ]}
        >
          {list.mutes.map((mute) => (
            <tr key={mute.rule}>
              <th scope="row">{mute.detector === '*' ? 'any' : visible(mute.detector)}</th>
              <td class="word">
                <bdi dir="ltr">{mute.key === '*' ? 'all' : visible(mute.key)}</bdi>
              </td>
              <td class="word">
                {mute.until === null ? 'never' : dateTime(mute.until)}
                {mute.ended && ' (ended)'}
              </td>
              <td class="word">
                <bdi dir="ltr">{mute.note ? visible(mute.note) : ''}</bdi>
              </td>
              <td>
                {list.can_mute && (
                  <button type="button" class="tool" onClick={() => void unmute(mute.rule)}>
                    Unmute<span class="unseen"> {visible(mute.rule)}</span>
                  </button>
                )}
              </td>
            </tr>
          ))}
        </WideTable>
      )}
    </section>
  );
}
