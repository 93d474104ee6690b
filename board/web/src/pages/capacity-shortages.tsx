// When capacity was short.
import { exact, visible } from '../format';
import { minuteOf, ofLimit, type Capacity } from './capacity-data';

export function Shortages({ data }: { data: Capacity }) {
  const shown = data.servers.filter(
    (server) => server.server !== '' && (data.focus === '' || server.server === data.focus),
  );
  const rows = shown
    .flatMap((server) => server.shortages.map((one) => ({ server, one })))
    .sort((a, b) => (a.one.begin < b.one.begin ? 1 : -1));
  const all = shown.reduce((sum, server) => sum + server.shortages_all, 0);
  if (shown.length === 0) return null;
  return (
    <section class="card" aria-label="Shortages">
      <div class="card-head">
        <h2>When capacity was short</h2>
        <small>a minute passed {exact(data.share * 100)} % of the limit, or more was lost than usual</small>
      </div>
      {rows.length === 0 ? (
        <p>Never, as far as is known.</p>
      ) : (
        <div class="scroll" role="region" aria-label="Table of shortages" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">server</th>
                <th scope="col" class="word">
                  from (UTC)
                </th>
                <th scope="col" class="word">
                  to
                </th>
                <th scope="col">peak/s</th>
                <th scope="col">of its limit</th>
                <th scope="col">lost</th>
                <th scope="col" class="word">
                  kind
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map(({ server, one }) => (
                <tr key={`${server.server} ${one.begin}`}>
                  <th scope="row">
                    <bdi>{visible(server.server)}</bdi>
                  </th>
                  <td class="word">{minuteOf(one.begin)}</td>
                  <td class="word">{minuteOf(one.end)}</td>
                  <td>{exact(one.peak)}</td>
                  <td>{server.limit ? ofLimit(one.peak, server.limit) : '–'}</td>
                  <td>{exact(one.lost)}</td>
                  <td class="word">{one.unusual ? 'unusual load' : 'load'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {all > rows.length && <p class="sums">{exact(all - rows.length)} older ones are left out</p>}
    </section>
  );
}
