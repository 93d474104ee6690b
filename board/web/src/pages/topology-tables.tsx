// The same as tables: for assistive technology, and for those who want every number.
import { clock, exact, percent, seconds, short, visible } from '../format';
import { TableCard } from '../table-card';
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
      <TableCard
        name="Tasks"
        note={
          <>
            rates and shares of the last {seconds(topology.over_s)}, all else since the start; {clock(topology.t)} UTC
          </>
        }
        label="Table of tasks"
        columns={[
          'component',
          'task',
          'executed',
          '/s',
          'emitted',
          '/s',
          tracked && 'acked',
          tracked && 'failed',
          { name: 'latency p50', help: 'From the source to the end of the call that worked the row off' },
          'p99',
          { name: 'time', word: true },
          { name: 'busy', help: "In the operator's code" },
          { name: 'blocked', help: 'Waiting for room at a reader, or for acks' },
          { name: 'idle', help: 'Waiting for input' },
          { name: 'inbox', help: 'Rows that were sent to it and that it has not taken' },
          { name: 'waits for', word: true },
        ]}
      >
        {topology.components.flatMap((component) =>
          component.tasks.map((task) => (
            <TaskRow key={`${component.id} ${task.task}`} component={component} task={task} tracked={tracked} />
          )),
        )}
      </TableCard>
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
    <TableCard
      name="Edges"
      label="Table of edges"
      columns={[
        'from',
        { name: 'to', word: true },
        { name: 'grouping', word: true },
        'rows',
        '/s',
        { name: 'blocked', help: 'Share of the time of those that send that they waited for room here' },
        { name: 'wait p50', help: 'How long rows waited for a task of the reader' },
        'p99',
      ]}
    >
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
    </TableCard>
  );
}
