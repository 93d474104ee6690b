// The tops of the time that is shown, as tables with bars.
import { useSignal } from '@preact/signals';

import { exact, percent, visible } from '../format';
import { countText, listTitle, type TopList } from './traffic-data';

const rowsShown = 10;

export function TopCard({ list }: { list: TopList }) {
  const all = useSignal(false);
  const shown = all.value ? list.items : list.items.slice(0, rowsShown);
  const largest = Math.max(...list.items.map((item) => item.high), 1);
  const title = listTitle(list);
  return (
    <section class="card ranking" aria-label={`Top of ${title}`}>
      <div class="card-head">
        <h2>{visible(title)}</h2>
        <small>most frequent in this time</small>
        {list.items.length > rowsShown && (
          <button type="button" class="tool" aria-pressed={all.value} onClick={() => (all.value = !all.value)}>
            {all.value ? `First ${rowsShown}` : `All ${list.items.length}`}
          </button>
        )}
      </div>
      <table>
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col" class="word">
              name
            </th>
            <th scope="col">count</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((item, i) => {
            const name = visible(item.name);
            const { text, title: bounds } = countText(item);
            return (
              <tr key={item.name}>
                <td>{i + 1}</td>
                <th scope="row" title={name}>
                  <i class="bar" aria-hidden="true" style={{ transform: `scaleX(${item.low / largest})` }} />
                  <bdi dir="ltr">{name}</bdi>
                </th>
                <td title={bounds}>{text}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {list.floor > 0 && (
        <p class="sums" title={`${percent(list.floor, largest)} of the first`}>
          any other: {exact(list.floor)} at most
        </p>
      )}
    </section>
  );
}
