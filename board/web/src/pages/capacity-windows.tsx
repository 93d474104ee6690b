// The windows that are best for maintenance.
import { exact } from '../format';
import { WideTable } from '../table-card';
import { choice } from './capacity-choice';
import { minuteOf, nameOf, questionOf, riskText, windowsInFocus, type Capacity } from './capacity-data';

export function Windows({ data }: { data: Capacity }) {
  const windows = windowsInFocus(data);
  if (windows.length === 0) return null;
  const threshold = data.windows[0]!.threshold;
  const share = `${exact(data.share * 100)} % of its limit`;
  const risk = threshold
    ? `a minute with more than ${exact(threshold)} queries a second`
    : data.focus === ''
      ? `a server passes ${share}`
      : `another server, with its load, passes ${share}`;
  return (
    <section class="card" aria-label="Best windows">
      <div class="card-head">
        <h2>Best maintenance windows</h2>
        <small>
          {nameOf(data.focus)}; risk: {risk}
        </small>
        <a
          class="tool"
          href={`/api/data/capacity/capacity.ics?${questionOf(choice.value)}&windows=1`}
          download="capacity.ics"
        >
          Calendar of the best
        </a>
      </div>
      <WideTable
        label="Table of windows"
        columns={[
          '#',
          { name: 'begins (UTC)', word: true },
          { name: 'next', word: true },
          { name: 'expected/s', help: 'Queries a second, the mean of the window and of its weeks' },
          { name: 'worst/s', help: 'What its busiest minute stays below in 19 of 20 windows' },
          'risk',
          { name: 'quiet before', help: 'Weeks of the past in which it was among the quietest tenth' },
          { name: 'exceeded before', help: 'Weeks of the past in which a minute passed the threshold' },
        ]}
      >
        {windows.map((window, i) => (
          <tr key={window.begins}>
            <td>{i + 1}</td>
            <th scope="row" class="word">
              {window.begins}
            </th>
            <td class="word">{minuteOf(window.starts[0]!)}</td>
            <td>{exact(window.expected)}</td>
            <td>{exact(window.worst)}</td>
            <td>{riskText(window.risk)}</td>
            <td>
              {window.weeks_quiet} of {window.weeks_known} weeks
            </td>
            <td>
              {window.weeks_exceeded} of {window.weeks_known} weeks
            </td>
          </tr>
        ))}
      </WideTable>
    </section>
  );
}
