// The same as tables: for assistive technology, and for those who want every number.
import { clock, exact, percent, seconds, short, visible } from '../format';
import {
  duration,
  waitText,
  type Edge,
  type Quantiles,
  type Task,
  type Topology,
  type TopologyComponent,
} from './topology-data';

export function Tables({ topology, edges }: { topology: Topology; edges: Edge[] }) {
  const tracked = topology.components.some((c) => c.tasks.some((task) => task.acked + task.failed > 0));
  return (
    <>
      <section class="card" aria-label="Tasks">
        <div class="card-head">
          <h2>Tasks</h2>
          <small>
            rates and shares of the last {seconds(topology.over_s)}, all else since the start; {clock(topology.t)} UTC
          </small>
        </div>
        <div class="wide" role="region" aria-label="Table of tasks" tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">component</th>
                <th scope="col">task</th>
                <th scope="col">executed</th>
                <th scope="col">/s</th>
                <th scope="col">emitted</th>
                <th scope="col">/s</th>
                {tracked && <th scope="col">acked</th>}
                {tracked && <th scope="col">failed</th>}
                <th scope="col" title="From the source to the end of the call that worked the row off">
                  latency p50
                </th>
                <th scope="col">p99</th>
                <th scope="col" class="word">
                  time
                </th>
                <th scope="col" title="In the operator's code">
                  busy
                </th>
                <th scope="col" title="Waiting for room at a reader, or for acks">
                  blocked
                </th>
                <th scope="col" title="Waiting for input">
                  idle
                </th>
                <th scope="col" title="Rows that were sent to it and that it has not taken">
                  inbox
                </th>
                <th scope="col" class="word">
                  waits for
                </th>
              </tr>
            </thead>
            <tbody>
              {topology.components.flatMap((component) =>
                component.tasks.map((task) => (
                  <TaskRow key={`${component.id} ${task.task}`} component={component} task={task} tracked={tracked} />
                )),
              )}
            </tbody>
          </table>
        </div>
      </section>
      <Edges edges={edges} />
    </>
  );
}

interface TaskRowProps {
  component: TopologyComponent;
  task: Task;
  tracked: boolean;
}

function TaskRow({ component, task, tracked }: TaskRowProps) {
  const spout = component.kind === 'spout';
  return (
    <tr>
      <th scope="row" title={`${component.kind}, ${component.operator}`}>
        {visible(component.id)}
      </th>
      <td>{task.task}</td>
      <td>{spout ? '–' : exact(task.executed)}</td>
      <td>{spout ? '–' : short(task.executed_per_s)}</td>
      <td>{exact(task.emitted)}</td>
      <td>{short(task.emitted_per_s)}</td>
      {tracked && <td>{spout ? exact(task.acked) : '–'}</td>}
      {tracked && <td>{spout ? exact(task.failed) : '–'}</td>}
      <Latency of={task.latency_us} />
      <td class="word">
        <span class="shares" aria-hidden="true">
          <i class="busy" style={{ flexGrow: String(task.busy) }} />
          <i class="blocked" style={{ flexGrow: String(task.blocked) }} />
          <i class="idle" style={{ flexGrow: String(task.idle) }} />
        </span>
      </td>
      <td>{percent(task.busy, 1)}</td>
      <td>{percent(task.blocked, 1)}</td>
      <td>{percent(task.idle, 1)}</td>
      <td>{spout || task.inbox_rows === null ? '–' : exact(task.inbox_rows)}</td>
      <td class="word">
        {task.waits_for && `${visible(waitText(task.waits_for))}, ${duration(task.waits_for.for_s * 1e6)}`}
      </td>
    </tr>
  );
}

export function Latency({ of }: { of: Quantiles | null }) {
  const all =
    of && `p50 ${duration(of.p50)}, p90 ${duration(of.p90)}, p99 ${duration(of.p99)}, p99.9 ${duration(of.p999)}`;
  return (
    <>
      <td title={all ?? ''}>{of ? duration(of.p50) : '–'}</td>
      <td title={all ?? ''}>{of ? duration(of.p99) : '–'}</td>
    </>
  );
}

function Edges({ edges }: { edges: Edge[] }) {
  return (
    <section class="card" aria-label="Edges">
      <div class="card-head">
        <h2>Edges</h2>
      </div>
      <div class="wide" role="region" aria-label="Table of edges" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">from</th>
              <th scope="col" class="word">
                to
              </th>
              <th scope="col" class="word">
                grouping
              </th>
              <th scope="col">rows</th>
              <th scope="col">/s</th>
              <th scope="col" title="Share of the time of those that send that they waited for room here">
                blocked
              </th>
              <th scope="col" title="How long rows waited for a task of the reader">
                wait p50
              </th>
              <th scope="col">p99</th>
            </tr>
          </thead>
          <tbody>
            {edges.map((edge) => (
              <tr key={`${edge.from} ${edge.stream} ${edge.to}`}>
                <th scope="row">{visible(edge.stream === 'default' ? edge.from : `${edge.from}:${edge.stream}`)}</th>
                <td class="word">{visible(edge.to)}</td>
                <td class="word">
                  {edge.grouping}
                  {edge.fields.length > 0 && ` (${edge.fields.map(visible).join(', ')})`}
                </td>
                <td>{exact(edge.rows)}</td>
                <td>{short(edge.rows_per_s)}</td>
                <td>{percent(edge.blocked, 1)}</td>
                <Latency of={edge.wait_us} />
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
