// What each server has left, and what the others carry if one is drained.
import { exact, visible } from '../format';
import { TableCard, WideTable } from '../table-card';
import { growthText, headroom, minuteOf, nameOf, ofLimit, passesText, type Capacity } from './capacity-data';

export function Drained({ data }: { data: Capacity }) {
  const away = data.away[0]!.away;
  return (
    <TableCard
      name="What if"
      title={`If ${visible(away)} is drained`}
      note="its load moves to the others by their load"
      label="Table of what if"
      columns={[
        'server',
        'p99 minute/s',
        'with its part/s',
        'of its limit',
        { name: `passes ${exact(data.share * 100)} %`, word: true },
      ]}
    >
      {data.away.map((one) => (
        <tr key={one.server}>
          <th scope="row">
            <bdi>{visible(one.server)}</bdi>
          </th>
          <td>{exact(data.servers.find((server) => server.server === one.server)?.p99 ?? 0)}</td>
          <td>{exact(one.p99)}</td>
          <td>{one.limit ? `${one.p99 > one.limit * data.share ? '! ' : ''}${ofLimit(one.p99, one.limit)}` : '–'}</td>
          <td class="word">{passesText(one.passes, data.now)}</td>
        </tr>
      ))}
    </TableCard>
  );
}

export function Servers({ data }: { data: Capacity }) {
  return (
    <section class="card" aria-label="Headroom">
      <div class="card-head">
        <h2>Headroom</h2>
        <small>as of {minuteOf(data.now)} UTC; 99 of 100 minutes of the week have less than the p99 minute</small>
      </div>
      <WideTable
        label="Table of servers"
        columns={[
          'server',
          'weeks',
          'p99 minute/s',
          'growth a year',
          'limit/s',
          { name: 'from', word: true },
          'headroom',
          { name: `passes ${exact(data.share * 100)} %`, word: true },
        ]}
      >
        {data.servers.map((server) => (
          <tr key={server.server}>
            <th scope="row">
              <bdi>{nameOf(server.server)}</bdi>
            </th>
            <td>{server.weeks}</td>
            <td title={`${exact(server.p99_low)} to ${exact(server.p99_high)}`}>{exact(server.p99)}</td>
            <td>{growthText(server.growth_a_year)}</td>
            <td>{server.limit ? exact(server.limit) : 'not known'}</td>
            <td class="word">{(server.limit_from ?? '').replace('_', ' ')}</td>
            <td>{headroom(server, data.share)}</td>
            <td class="word">{passesText(server.passes, data.now)}</td>
          </tr>
        ))}
      </WideTable>
      {data.unknown.length > 0 && (
        <p class="sums">less than a day is known of {data.unknown.map(visible).join(', ')}</p>
      )}
    </section>
  );
}
