// What is said of the component or the edge that is chosen.
import { useAsked } from '../data';
import { dateTime, exact, percent, seconds, short, visible } from '../format';
import { tokenHeaders } from '../token';
import { WideTable } from '../table-card';
import { TapView } from './tap-view';
import { Latency } from './topology-tables';
import {
  duration,
  edgeName,
  waitText,
  type Edge,
  type Plan,
  type PlanComponent,
  type Problem,
  type Task,
  type Topology,
  type TopologyComponent,
} from './topology-data';

interface SourcePart {
  file: string;
  line: number;
  text: string;
}

export function ComponentDetail({
  topology,
  component,
  source,
}: {
  topology: Topology;
  component: TopologyComponent;
  source: boolean;
}) {
  const spout = component.kind === 'spout';
  return (
    <section class="card detail" aria-label={`Component ${visible(component.id)}`}>
      <div class="card-head">
        <h2>{visible(component.id)}</h2>
        <small>
          {component.kind}, {component.operator}; rates of the last {seconds(topology.over_s)}
        </small>
      </div>
      <WideTable
        label={`Tasks of ${visible(component.id)}`}
        columns={[
          'task',
          component.tasks.some((task) => task.node) && { name: 'node', word: true },
          spout ? 'emitted/s' : 'executed/s',
          'latency p50',
          'p99',
          'execute p50',
          'p99',
          'busy',
          'blocked',
          'inbox',
          'failed',
          { name: 'waits for', word: true },
        ]}
      >
        {component.tasks.map((task) => (
          <TaskLine key={task.task} task={task} spout={spout} nodes={component.tasks.some((it) => it.node)} />
        ))}
      </WideTable>
      <Counters tasks={component.tasks} />
      <Errors errors={component.errors} />
      {source && <Source key={component.id} component={component.id} />}
    </section>
  );
}

function TaskLine({ task, spout, nodes }: { task: Task; spout: boolean; nodes: boolean }) {
  return (
    <tr>
      <th scope="row">{task.task}</th>
      {nodes && <td class="word">{visible(task.node ?? '')}</td>}
      <td>{short(spout ? task.emitted_per_s : task.executed_per_s)}</td>
      <Latency of={task.latency_us} />
      <Latency of={task.execute_us} />
      <td>{percent(task.busy, 1)}</td>
      <td>{percent(task.blocked, 1)}</td>
      <td>{spout || task.inbox_rows === null ? '–' : exact(task.inbox_rows)}</td>
      <td>{exact(task.failed)}</td>
      <td class="word">
        {task.waits_for && `${visible(waitText(task.waits_for))}, ${duration(task.waits_for.for_s * 1e6)}`}
      </td>
    </tr>
  );
}

// The operator's own counters, summed over its tasks.
function Counters({ tasks }: { tasks: Task[] }) {
  const sums = new Map<string, number>();
  for (const task of tasks)
    for (const [name, value] of Object.entries(task.counters)) sums.set(name, (sums.get(name) ?? 0) + value);
  if (sums.size === 0) return null;
  return (
    <dl class="counters" aria-label="Counters of the operator">
      {[...sums].map(([name, value]) => (
        <div key={name}>
          <dt>{visible(name)}</dt>
          <dd>{exact(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Errors({ errors }: { errors: Problem[] }) {
  if (errors.length === 0) return null;
  return (
    <>
      <h3>Last errors</h3>
      <ul class="errors" aria-label="Last errors">
        {[...errors].reverse().map((error) => (
          <li key={`${error.t} ${error.what}`}>
            <time>{dateTime(error.t)}</time> {visible(error.what)}
          </li>
        ))}
      </ul>
    </>
  );
}

// The lines do not change while it runs: asked for once a minute is often enough.
function Source({ component }: { component: string }) {
  const { data, failure } = useAsked<{ parts: SourcePart[] }>(
    () => `/api/data/source?component=${encodeURIComponent(component)}`,
    60_000,
    { headers: tokenHeaders('control') },
  );
  if (failure.value) return <p class="soft">{visible(failure.value)}</p>;
  return (
    <>
      {data.value?.parts.map((part) => (
        <figure key={`${part.file} ${part.line}`} class="source">
          <figcaption>
            {visible(part.file)}, line {part.line}
          </figcaption>
          <pre tabIndex={0}>{part.text.split('\n').map(lineText).join('\n')}</pre>
        </figure>
      ))}
    </>
  );
}

const lineText = (line: string) => (line === '' ? '' : visible(line));

export function EdgeDetail({ edge, tap, topology }: { edge: Edge; tap: boolean; topology?: string }) {
  const of = edge.wait_us;
  return (
    <section class="card detail" aria-label={`Edge ${visible(edgeName(edge))}`}>
      <div class="card-head">
        <h2>{visible(edgeName(edge))}</h2>
        <small>
          {edge.grouping}
          {edge.fields.length > 0 && ` (${edge.fields.map(visible).join(', ')})`}
        </small>
      </div>
      <dl class="counters">
        <div>
          <dt>rows</dt>
          <dd>{exact(edge.rows)}</dd>
        </div>
        <div>
          <dt>a second</dt>
          <dd>{short(edge.rows_per_s)}</dd>
        </div>
        <div>
          <dt title="Share of the time of those that send that they waited for room here">blocked</dt>
          <dd>{percent(edge.blocked, 1)}</dd>
        </div>
        <div>
          <dt title="How long rows waited for a task of the reader">wait p50, p99</dt>
          <dd>{of ? `${duration(of.p50)}, ${duration(of.p99)}` : '–'}</dd>
        </div>
      </dl>
      {tap && <TapView key={edgeName(edge)} edge={edgeName(edge)} topology={topology} />}
    </section>
  );
}

export function PlanDetail({ plan, component }: { plan: Plan; component: PlanComponent }) {
  return (
    <section class="card detail" aria-label={`Component ${visible(component.id)}`}>
      <div class="card-head">
        <h2>{visible(component.id)}</h2>
        <small>
          {component.kind}, {component.operator}; {component.tasks} tasks in {component.executors} executors
          {component.chained_to && `, chained to ${visible(component.chained_to)}`}
        </small>
      </div>
      <dl class="counters">
        {component.outputs.map((output) => (
          <div key={output.stream}>
            <dt>{visible(output.stream)}</dt>
            <dd class="fields">
              {output.fields
                ? output.fields.map((field) => `${visible(field.name)} ${field.type}`).join(', ') || 'no field'
                : 'no reader'}
            </dd>
          </div>
        ))}
        {plan.edges
          .filter((edge) => edge.to === component.id)
          .map((edge) => (
            <div key={edgeName(edge)}>
              <dt>reads</dt>
              <dd class="fields">
                {visible(edge.from)}:{visible(edge.stream)}, {edge.grouping} {edge.fields.map(visible).join(', ')}
              </dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
