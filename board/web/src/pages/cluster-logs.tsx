// The log of all nodes in one view, what was begun anew and why before everything else.
import { useSignal } from '@preact/signals';

import { useAsked } from '../data';
import { visible } from '../format';
import { matching, type LogLine, type TopologyEntry } from './cluster-data';

const periodMs = 2000;
const linesShown = 200;

export function Logs({ topologies, nodes }: { topologies: TopologyEntry[]; nodes: string[] }) {
  const level = useSignal('info');
  const text = useSignal('');
  const node = useSignal('');
  const { data, failure } = useAsked<{ lines: LogLine[] }>(
    () => `/api/v1/logs?limit=2000${node.value ? `&node=${encodeURIComponent(node.value)}` : ''}`,
    periodMs,
  );
  const lines = matching(data.value?.lines ?? [], level.value, text.value);
  const restarted = topologies.filter((topology) => topology.restarts > 0);
  return (
    <section class="card logs" aria-label="Logs">
      <div class="card-head">
        <h2>Logs</h2>
      </div>
      {restarted.length > 0 && (
        <ul class="restarts" aria-label="Restarts">
          {restarted.map((topology) => (
            <li key={topology.id}>
              ↻ {visible(topology.name)} has begun anew {topology.restarts}×, last because{' '}
              {visible(topology.lastRestart)}
            </li>
          ))}
        </ul>
      )}
      <p class="filters">
        <label>
          Level{' '}
          <select class="tool" value={level.value} onChange={(event) => (level.value = event.currentTarget.value)}>
            <option value="error">errors</option>
            <option value="warning">warnings and errors</option>
            <option value="info">all</option>
          </select>
        </label>{' '}
        <label>
          Node{' '}
          <select class="tool" value={node.value} onChange={(event) => (node.value = event.currentTarget.value)}>
            <option value="">all</option>
            {nodes.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>{' '}
        <label>
          Text{' '}
          <input
            type="search"
            class="tool"
            value={text.value}
            onInput={(event) => (text.value = event.currentTarget.value)}
          />
        </label>
      </p>
      {failure.value && <p role="alert">{failure.value}</p>}
      <div class="wide scroll" role="region" aria-label="Lines" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">time, UTC</th>
              <th scope="col" class="word">
                level
              </th>
              <th scope="col" class="word">
                node
              </th>
              <th scope="col" class="word">
                topology
              </th>
              <th scope="col" class="word">
                what
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.slice(0, linesShown).map((line) => (
              <tr key={line.number} class={`level-${line.level}`}>
                <th scope="row">{line.time.replace('T', ' ').replace('Z', '')}</th>
                <td class="word">{(line.level === 'error' ? '! ' : '') + line.level}</td>
                <td class="word">{visible(line.node)}</td>
                <td class="word">{line.topology && visible(line.topology)}</td>
                <td class="word">{visible(line.text)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="sums">
        {lines.length > linesShown ? `the newest ${linesShown} of ${lines.length} lines` : `${lines.length} lines`}
      </p>
    </section>
  );
}
