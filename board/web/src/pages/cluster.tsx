// The cluster: who leads, nodes, what runs where and how busy it is, links, logs; and what changes
// it. From /api/v1, every two seconds while it is shown.
import { useAsked } from '../data';
import { exact, short, visible } from '../format';
import { TableCard } from '../table-card';
import { ActionButton, Control, mayAct, type Action } from './cluster-control';
import {
  bytes,
  executorText,
  span,
  stepOf,
  usedBy,
  type Coordinator,
  type Nodes,
  type Supervisor,
  type TopologyEntry,
  type Worker,
} from './cluster-data';
import { Logs } from './cluster-logs';

const periodMs = 2000;

export default function ClusterPage() {
  const { data: nodes, failure } = useAsked<Nodes>(() => '/api/v1/supervisor', periodMs);
  const { data: topologies } = useAsked<{ topologies: TopologyEntry[] }>(() => '/api/v1/topology/summary', periodMs);
  const { data: leads } = useAsked<{ nimbuses: Coordinator[] }>(() => '/api/v1/nimbus/summary', periodMs);
  const { data: summary } = useAsked<{ term: number }>(() => '/api/v1/cluster/summary', periodMs);
  const all = topologies.value?.topologies ?? [];
  return (
    <div class="cluster-page">
      {failure.value && (
        <p class="notes" role="alert">
          {failure.value}
        </p>
      )}
      <Coordinators all={leads.value?.nimbuses ?? []} term={summary.value?.term ?? 0} topologies={all} />
      <Control />
      {nodes.value && <NodeTable nodes={nodes.value} />}
      {topologies.value && <TopologyTable all={all} />}
      {nodes.value && <Workers all={nodes.value.workers} />}
      {nodes.value && <Links all={nodes.value.workers} />}
      <Logs topologies={all} nodes={(nodes.value?.supervisors ?? []).map((node) => node.id)} />
    </div>
  );
}

// The newest thing that was begun anew says what changed last.
function lastChange(topologies: TopologyEntry[]): string {
  const restarted = topologies.filter((topology) => topology.restarts > 0);
  return restarted.map((topology) => `${topology.name}: ${topology.lastRestart}`).join('; ') || 'none';
}

function Coordinators({ all, term, topologies }: { all: Coordinator[]; term: number; topologies: TopologyEntry[] }) {
  return (
    <section class="card" aria-label="Coordinator">
      {all.map((it) => (
        <p key={`${it.host}:${it.port}`}>
          <b>
            {visible(it.host)}:{it.port}
          </b>{' '}
          {it.status === 'Leader' ? `leads (term ${term})` : it.status === 'Dead' ? 'does not answer' : 'waits'}, up{' '}
          {span(Number(it.nimbusUpTimeSeconds))}, version {it.version}; assignments{' '}
          {topologies.map((topology) => `${visible(topology.name)} ${topology.incarnation}`).join(', ') || 'none'}; last
          unplanned change: {visible(lastChange(topologies))}
        </p>
      ))}
    </section>
  );
}

function actionsOnNode(node: Supervisor): Action[] {
  const at = (verb: string) => `/node/${encodeURIComponent(node.id)}/${verb}`;
  if (node.status === 'lost')
    return [
      {
        title: `Forget ${node.id}`,
        verb: 'Forget',
        says: 'It is no member any more. Only if it is gone for good: it must not be running anything.',
        path: at('forget'),
      },
    ];
  return node.blacklisted
    ? [{ title: `Undrain ${node.id}`, verb: 'Undrain', says: 'It may have work again.', path: at('undrain') }]
    : [
        {
          title: `Drain ${node.id}`,
          verb: 'Drain',
          says: 'What runs there moves to other nodes, and nothing new comes. Topologies stand still for a moment.',
          path: at('drain'),
        },
      ];
}

function NodeTable({ nodes }: { nodes: Nodes }) {
  return (
    <TableCard
      name="Nodes"
      note="CPU and memory are those of its workers"
      label="Table of nodes"
      columns={[
        'node',
        { name: 'host', word: true },
        { name: 'state', word: true },
        { name: 'labels', word: true },
        'up',
        'heard',
        'workers',
        'executors',
        { name: 'CPU', help: 'Percent of a core, over the last seconds' },
        'memory',
        mayAct() && { name: 'change', word: true },
      ]}
    >
      {nodes.supervisors.map((node) => (
        <NodeRow key={node.id} node={node} used={usedBy(node.id, nodes.workers)} />
      ))}
    </TableCard>
  );
}

function NodeRow({ node, used }: { node: Supervisor; used: ReturnType<typeof usedBy> }) {
  return (
    <tr>
      <th scope="row">{visible(node.id)}</th>
      <td class="word">{visible(node.host)}</td>
      <td class="word" title={node.statusReason}>
        {node.status === 'alive' ? '● alive' : `! ${node.status}`}
        {node.blacklisted && ', drained'}
      </td>
      <td class="word">{node.labels.map(visible).join(', ')}</td>
      <td>{span(node.uptimeSeconds)}</td>
      <td>{node.silentSeconds.toFixed(1)} s ago</td>
      <td>{used.workers}</td>
      <td>{used.executors}</td>
      <td>
        {Math.round(used.cpu)} %{node.totalCpu > 0 && ` of ${Math.round(node.totalCpu)} %`}
      </td>
      <td>
        {bytes(used.mem * 1e6)}
        {node.totalMem > 0 && ` of ${bytes(node.totalMem * 1e6)}`}
      </td>
      {mayAct() && (
        <td class="word">
          {actionsOnNode(node).map((action) => (
            <ActionButton key={action.verb} action={action} />
          ))}
        </td>
      )}
    </tr>
  );
}

function actionsOnTopology(topology: TopologyEntry): Action[] {
  const at = (verb: string) => `/topology/${encodeURIComponent(topology.id)}/${verb}`;
  const active: Action =
    topology.status === 'INACTIVE'
      ? {
          title: `Activate ${topology.name}`,
          verb: 'Activate',
          says: 'Its sources are asked for rows again.',
          path: at('activate'),
        }
      : {
          title: `Deactivate ${topology.name}`,
          verb: 'Deactivate',
          says: 'Its sources are not asked for rows until it is activated: what comes meanwhile may be lost.',
          path: at('deactivate'),
        };
  return [
    active,
    {
      title: `Rebalance ${topology.name}`,
      verb: 'Rebalance',
      says: 'Its executors are dealt over the nodes anew. It stands still for a moment.',
      path: at('rebalance'),
    },
    {
      title: `Kill ${topology.name}`,
      verb: 'Kill',
      says: 'Its sources end, what is under way is worked off, then it is gone with its checkpoints.',
      path: at('kill'),
    },
  ];
}

function TopologyTable({ all }: { all: TopologyEntry[] }) {
  return (
    <TableCard
      name="Topologies"
      label="Table of topologies"
      columns={[
        'topology',
        { name: 'state', word: true },
        'since it was submitted',
        'workers',
        'executors',
        { name: 'rows/s', help: 'That its sources give out, over the last ten seconds' },
        { name: 'assignment', help: 'Rises with each change of where it runs' },
        { name: 'restarts', help: 'Not planned ones' },
        mayAct() && { name: 'change', word: true },
      ]}
    >
      {all.map((topology) => (
        <tr key={topology.id}>
          <th scope="row" title={topology.id}>
            {visible(topology.name)}
          </th>
          <td class="word">
            {topology.status}
            {topology.statusReason && `: ${visible(topology.statusReason)}`}
          </td>
          <td>{span(topology.uptimeSeconds)}</td>
          <td>{topology.workersTotal}</td>
          <td>{topology.executorsTotal}</td>
          <td title={exact(topology.rowsPerSecond)}>{short(topology.rowsPerSecond)}</td>
          <td>{topology.incarnation}</td>
          <td title={topology.lastRestart}>{topology.restarts}</td>
          {mayAct() && (
            <td class="word">
              {actionsOnTopology(topology).map((action) => (
                <ActionButton key={action.verb} action={action} />
              ))}
            </td>
          )}
        </tr>
      ))}
    </TableCard>
  );
}

function Workers({ all }: { all: Worker[] }) {
  return (
    <section class="card" aria-label="Workers">
      <div class="card-head">
        <h2>Workers</h2>
        <small>a square is an executor, its number the percent of the last seconds that it was at work</small>
      </div>
      <ul class="workers">
        {all.map((worker) => (
          <li key={`${worker.supervisorId} ${worker.topologyId}`}>
            <p>
              <b>
                {visible(worker.topologyName)} on {visible(worker.supervisorId)}
              </b>{' '}
              {worker.state}, process {worker.pid}, {Math.round(worker.usedCpu)} % CPU, {bytes(worker.usedMem * 1e6)}
              {worker.error && ` ! ${visible(worker.error)}`}
            </p>
            <ul class="executors" aria-label={`Executors of ${worker.topologyName} on ${worker.supervisorId}`}>
              {worker.executors.map((executor) => (
                <li
                  key={executor.tasks.join(' ')}
                  class={`busy${stepOf(executor.busy)}`}
                  title={executorText(executor)}
                >
                  <span aria-hidden="true">{Math.round(executor.busy * 100)}</span>
                  <span class="unseen">{executorText(executor)}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
      {all.length === 0 && <p>None runs.</p>}
    </section>
  );
}

function Links({ all }: { all: Worker[] }) {
  const links = all.flatMap((worker) => worker.links.map((link) => ({ worker, link })));
  if (links.length === 0) return null;
  return (
    <TableCard
      name="Links"
      label="Table of links"
      columns={[
        'from',
        { name: 'to', word: true },
        { name: 'topology', word: true },
        { name: 'state', word: true },
        'sent',
        'received',
        { name: 'round trip', help: 'To an acknowledgement; small frames may wait for company' },
        { name: 'resends', help: 'Frames that had to be sent again' },
      ]}
    >
      {links.map(({ worker, link }) => (
        <tr key={`${worker.supervisorId} ${worker.topologyId} ${link.node}`}>
          <th scope="row">{visible(worker.supervisorId)}</th>
          <td class="word">{visible(link.node)}</td>
          <td class="word">{visible(worker.topologyName)}</td>
          <td class="word">{link.connected ? '● connected' : '! not connected'}</td>
          <td>{bytes(link.bytesSentPerSecond)}/s</td>
          <td>{bytes(link.bytesReceivedPerSecond)}/s</td>
          <td>{link.roundTripMs ? `${link.roundTripMs.toPrecision(2)} ms` : '–'}</td>
          <td>{exact(link.framesResent)}</td>
        </tr>
      ))}
    </TableCard>
  );
}
