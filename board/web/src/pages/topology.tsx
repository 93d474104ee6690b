// The topology as it runs, or as a file says that it would: the graph, what is chosen in it, and
// the same as tables. Asked for once a second while it is shown.
import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

import { offered, topologyOfTaps, useAsked } from '../data';
import { seconds, visible } from '../format';
import { ByWorker } from './by-worker';
import { Graph, type GraphEdge, type GraphNode } from './dag';
import { DrawFile, type Drawn } from './draw-file';
import './topology.css';
import {
  causeOf,
  completed,
  edgeKey,
  edgeName,
  focusOf,
  hashOf,
  isSystem,
  type Focus,
  type Topology,
} from './topology-data';
import { ComponentDetail, EdgeDetail, Errors, PlanDetail } from './topology-detail';
import { Tables } from './topology-tables';

const periodMs = 1000;

export default function TopologyPage() {
  const { data: topology, failure } = useAsked<Topology>(() => '/api/topology', periodMs);
  const drawn = useSignal<Drawn | null>(null);
  const focus = useFocus();
  return (
    <div class="topology-page">
      {failure.value && (
        <p class="notes" role="alert">
          {failure.value}
        </p>
      )}
      {drawn.value ? (
        <PlanView drawn={drawn} focus={focus} />
      ) : (
        topology.value && <LiveView topology={completed(topology.value)} focus={focus} />
      )}
      {offered.value?.includes('explain') && <DrawFile drawn={drawn} />}
    </div>
  );
}

// What is chosen stands in the address, so that a view can be sent.
function useFocus(): Signal<Focus> {
  const focus = useSignal(focusOf(location.hash));
  useEffect(() => {
    const read = () => (focus.value = focusOf(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return focus;
}

function choose(component: string, edge: GraphEdge | undefined): void {
  history.pushState(null, '', hashOf({ component, edge: edge && edgeName(edge) }));
  dispatchEvent(new HashChangeEvent('hashchange'));
}

interface PictureProps {
  label: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  cause: string | null;
  focus: Focus;
}

function Picture({ label, nodes, edges, cause, focus }: PictureProps) {
  const hovered = useSignal({ component: '', edge: '' });
  const chosen = edges.find((edge) => edgeName(edge) === focus.edge);
  return (
    <Graph
      label={label}
      nodes={nodes}
      edges={edges}
      cause={cause}
      chosen={{ component: focus.component, edge: chosen ? edgeKey(chosen) : '' }}
      hovered={hovered.value}
      onHover={(component, edge) => (hovered.value = { component, edge })}
      onChoose={(component, key) =>
        choose(
          component,
          edges.find((edge) => edgeKey(edge) === key),
        )
      }
    />
  );
}

function LiveView({ topology, focus }: { topology: Topology; focus: Signal<Focus> }) {
  const system = useSignal(false);
  const byWorker = useSignal(false);
  const hasSystem =
    topology.components.some((component) => isSystem(component.id)) ||
    topology.edges.some((edge) => isSystem(edge.stream));
  const shown = (id: string) => system.value || !isSystem(id);
  const components = topology.components.filter((component) => shown(component.id));
  const edges = topology.edges.filter((edge) => shown(edge.stream) && shown(edge.from) && shown(edge.to));
  const component = topology.components.find((it) => it.id === focus.value.component);
  const edge = topology.edges.find((it) => edgeName(it) === focus.value.edge);
  const names = offered.value ?? [];
  return (
    <>
      <Stalled topology={topology} />
      <Errors errors={topology.errors} />
      <section class="card" aria-label="Graph">
        <div class="card-head">
          <h2>{visible(topology.topology)}</h2>
          <small>
            rates and shares of the last {seconds(topology.over_s)}; an edge is as wide as its rate has digits, and
            hatched for the share of the time that its source waits for it
          </small>
          <span class="switches">
            {hasSystem && <Switch on={system} label="System streams" />}
            <Switch on={byWorker} label="By worker" />
          </span>
        </div>
        {byWorker.value ? (
          <ByWorker
            topology={{ ...topology, components }}
            chosen={focus.value.component}
            onChoose={(id) => choose(id, undefined)}
          />
        ) : (
          <Picture
            label="Graph of the topology"
            nodes={components.map((it) => ({ ...it, tasks: it.tasks.length, live: it }))}
            edges={edges.map((it) => ({ ...it, live: it }))}
            cause={causeOf(topology)}
            focus={focus.value}
          />
        )}
        <Legend />
      </section>
      {component && <ComponentDetail topology={topology} component={component} source={names.includes('source')} />}
      {edge && <EdgeDetail edge={edge} tap topology={topologyOfTaps()} />}
      <Tables topology={{ ...topology, components }} edges={edges} />
    </>
  );
}

function Stalled({ topology }: { topology: Topology }) {
  const { stall } = topology;
  if (!stall) return null;
  return (
    <p class="notes stalled" role="status">
      {visible(stall.source)} has been held up for {seconds(stall.for_s)}: the cause is <b>{visible(stall.cause)}</b>
    </p>
  );
}

function Switch({ on, label }: { on: Signal<boolean>; label: string }) {
  return (
    <button type="button" class="tool" aria-pressed={on.value} onClick={() => (on.value = !on.value)}>
      {label}
    </button>
  );
}

function Legend() {
  return (
    <p class="dag-legend">
      <span>▷ spout</span>
      <span>○ bolt</span>
      <span>
        <i class="busy" aria-hidden="true" /> busy
      </span>
      <span>
        <i class="blocked" aria-hidden="true" /> blocked: waits for room, or acks
      </span>
      <span>
        <i class="idle" aria-hidden="true" /> idle: waits for input
      </span>
      <span>
        <i class="rest" aria-hidden="true" /> waits for its turn
      </span>
      <span>▲ holds up the others</span>
    </p>
  );
}

function PlanView({ drawn, focus }: { drawn: Signal<Drawn | null>; focus: Signal<Focus> }) {
  const { name, plan } = drawn.value!;
  const component = useComputed(() => plan.components.find((it) => it.id === focus.value.component)).value;
  return (
    <>
      <p class="notes drawn" role="status">
        The plan of {visible(name)}: {plan.components.length} components, {plan.tasks} tasks. Nothing of it runs.{' '}
        <button type="button" class="tool" onClick={() => (drawn.value = null)}>
          Back to what runs
        </button>
      </p>
      <section class="card" aria-label="Graph">
        <div class="card-head">
          <h2>{visible(plan.topology)}</h2>
        </div>
        <Picture
          label="Graph of the plan"
          nodes={plan.components.map((it) => ({ ...it, note: planNote(it.executors, it.chained_to) }))}
          edges={plan.edges}
          cause={null}
          focus={focus.value}
        />
      </section>
      {component && <PlanDetail plan={plan} component={component} />}
      <section class="card" aria-label="Plan as text">
        <pre class="plan" tabIndex={0}>
          {plan.text}
        </pre>
      </section>
    </>
  );
}

function planNote(executors: number, chained: string | null): string {
  return chained ? `chained to ${visible(chained)}` : `${executors} ${executors === 1 ? 'executor' : 'executors'}`;
}
