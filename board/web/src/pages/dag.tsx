// The graph of a topology: boxes and edges as buttons in an SVG. The layout is made once; the
// numbers come anew every second.
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

import { exact, percent, short, visible } from '../format';
import {
  boxHeight,
  boxWidth,
  labelHeight,
  labelWidth,
  layOut,
  nearTo,
  versionOf,
  widthOf,
  type Layout,
} from './dag-layout';
import { duration, edgeKey, sumsOf, type Edge, type Shares, type Sums, type TopologyComponent } from './topology-data';

export interface GraphNode {
  id: string;
  kind: string;
  operator: string;
  tasks: number;
  note?: string; // a line of its own where there are no numbers
  live?: TopologyComponent;
}
export type GraphEdge = Pick<Edge, 'from' | 'stream' | 'to' | 'grouping' | 'fields'> & { live?: Edge };

interface GraphProps {
  label: string;
  nodes: GraphNode[];
  edges: GraphEdge[];
  cause: string | null; // the component that holds the others up
  chosen: { component: string; edge: string }; // edge: edgeKey()
  hovered: { component: string; edge: string };
  onHover: (component: string, edge: string) => void;
  onChoose: (component: string, edge: string) => void;
}

export function Graph(props: GraphProps) {
  const { nodes, edges, chosen, hovered } = props;
  const version = versionOf(nodes, edges);
  const layout = useMemo(() => layOut(nodes, edges), [version]);
  const box = useRef<HTMLDivElement>(null);
  // A graph that is larger than its place is read from where rows come from.
  useLayoutEffect(() => {
    const place = box.current!;
    const source = nodes.find((node) => node.kind === 'spout');
    const at = source && layout.boxes.get(source.id);
    if (!at) return;
    const scale = place.firstElementChild!.getBoundingClientRect().width / layout.width;
    place.scrollTop = at.y * scale - place.clientHeight / 2;
    place.scrollLeft = (at.x - boxWidth) * scale;
  }, [layout]);
  const looked = hovered.component || hovered.edge ? hovered : chosen;
  const near = looked.component || looked.edge ? nearTo(edges, looked.component, looked.edge) : null;
  const dim = (key: string) => (near && !near.has(key) ? ' dim' : '');
  return (
    <div class="dag" ref={box} role="region" aria-label={props.label} tabIndex={0}>
      <svg
        width={layout.width}
        height={layout.height}
        viewBox={`0 0 ${layout.width} ${layout.height}`}
        style={{ minWidth: `${Math.round(layout.width * 0.62)}px` }}
        role="group"
        aria-label={props.label}
        onPointerLeave={() => props.onHover('', '')}
      >
        <defs>
          <pattern id="dag-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect class="hatch-ground" width="7" height="7" />
            <rect class="hatch-line" width="3" height="7" />
          </pattern>
          <marker
            id="dag-arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0L8 4L0 8z" />
          </marker>
        </defs>
        {edges.map((edge) => (
          <Line key={edgeKey(edge)} edge={edge} layout={layout} dim={dim(edgeKey(edge))} looked={looked.edge} />
        ))}
        {nodes.map((node) => (
          // A box and then what leaves it: the order in which Tab goes through them.
          <g key={node.id}>
            <Box node={node} layout={layout} dim={dim(node.id)} {...props} />
            {edges
              .filter((edge) => edge.from === node.id)
              .map((edge) => (
                <Way key={edgeKey(edge)} edge={edge} layout={layout} dim={dim(edgeKey(edge))} {...props} />
              ))}
          </g>
        ))}
      </svg>
    </div>
  );
}

function asButton(act: () => void) {
  return {
    role: 'button' as const,
    tabIndex: 0,
    onClick: act,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      act();
    },
  };
}

const kindSign: Record<string, string> = { spout: '▷', bolt: '○', sink: '■', feedback: '↻' };

function shareText(name: string, share: number): string {
  return `${name} ${percent(Math.round(share * 1000), 1000)}`;
}

function boxText(node: GraphNode, sums: Sums | null, isCause: boolean): string {
  const parts = [visible(node.id), node.kind, `${node.tasks} ${node.tasks === 1 ? 'task' : 'tasks'}`];
  if (node.note) parts.push(node.note);
  if (sums) {
    const { busy, blocked, idle } = sums.shares;
    parts.push(shareText('busy', busy), shareText('blocked', blocked), shareText('idle', idle));
    parts.push(`${short(node.kind === 'spout' ? sums.out_per_s : sums.in_per_s)} rows per second`);
    if (sums.execute_p99 !== null) parts.push(`execute p99 ${duration(sums.execute_p99)}`);
    if (sums.failed > 0) parts.push(`${exact(sums.failed)} failed`);
    if (node.live!.errors.length > 0) parts.push(`${node.live!.errors.length} errors`);
  }
  if (isCause) parts.push('holds up the others');
  return parts.join(', ');
}

type PartProps = GraphProps & { layout: Layout; dim: string };

function Box({ node, layout, dim, cause, chosen, onHover, onChoose }: PartProps & { node: GraphNode }) {
  const at = layout.boxes.get(node.id);
  if (!at) return null;
  const sums = node.live ? sumsOf(node.live) : null;
  const isCause = cause === node.id;
  const pressed = chosen.component === node.id;
  const bad = sums !== null && (sums.failed > 0 || node.live!.errors.length > 0);
  return (
    <g
      class={`box${dim}${isCause ? ' cause' : ''}${pressed ? ' pressed' : ''}`}
      transform={`translate(${at.x - boxWidth / 2},${at.y - boxHeight / 2})`}
      aria-description={boxText(node, sums, isCause)}
      aria-pressed={pressed}
      data-component={node.id}
      onPointerEnter={() => onHover(node.id, '')}
      onFocus={() => onHover(node.id, '')}
      onBlur={() => onHover('', '')}
      {...asButton(() => onChoose(pressed ? '' : node.id, ''))}
    >
      <g>
        <title>{`${node.kind}, ${node.operator}`}</title>
        <rect class="ground" width={boxWidth} height={boxHeight} rx="8" />
        <text class="name" x="12" y="21">
          <tspan class="kind">{kindSign[node.kind] ?? '○'} </tspan>
          {shortened(visible(node.id), 20)}
          <tspan class="soft"> ×{node.tasks}</tspan>
        </text>
        {sums ? (
          <Numbers sums={sums} node={node} bad={bad} />
        ) : (
          <text class="soft" x="12" y="44">
            {shortened(node.operator, 27)}
          </text>
        )}
        {!sums && node.note && (
          <text class="soft" x="12" y="62">
            {shortened(node.note, 29)}
          </text>
        )}
        {isCause && (
          <text class="word-cause" x={boxWidth / 2} y={boxHeight + 15} text-anchor="middle">
            ▲ holds up the others
          </text>
        )}
      </g>
    </g>
  );
}

function Numbers({ sums, node, bad }: { sums: Sums; node: GraphNode; bad: boolean }) {
  const spout = node.kind === 'spout';
  return (
    <>
      <Bar shares={sums.shares} />
      <text class="small" x="12" y="54">
        {shareText('busy', sums.shares.busy)}
        <tspan class={sums.shares.blocked >= 0.005 ? 'alert' : 'soft'}>
          {' '}
          {shareText('blocked', sums.shares.blocked)}
        </tspan>
      </text>
      <text class="small" x="12" y="72">
        {short(spout ? sums.out_per_s : sums.in_per_s)}/s
        <tspan class="soft">
          {sums.execute_p99 !== null ? ` p50 ${duration(sums.execute_p50!)} p99 ${duration(sums.execute_p99)}` : ''}
        </tspan>
      </text>
      {bad && (
        <text class="small alert" x={boxWidth - 12} y="21" text-anchor="end">
          {sums.failed > 0 ? `! ${short(sums.failed)} failed` : '! error'}
        </text>
      )}
    </>
  );
}

function Bar({ shares }: { shares: Shares }) {
  const width = boxWidth - 24;
  const all = Math.max(1, shares.busy + shares.blocked + shares.idle);
  const busy = (width * shares.busy) / all;
  const blocked = (width * shares.blocked) / all;
  const idle = (width * shares.idle) / all;
  return (
    <g class="bar" aria-hidden="true">
      <rect class="rest" x="12" y="30" width={width} height="8" rx="2" />
      <rect class="idle" x={12 + busy + blocked} y="30" width={idle} height="8" />
      <rect class="busy" x="12" y="30" width={busy} height="8" />
      <rect class="blocked" x={12 + busy} y="30" width={blocked} height="8" fill="url(#dag-hatch)" />
    </g>
  );
}

function shortened(text: string, most: number): string {
  const letters = [...text];
  return letters.length > most ? letters.slice(0, most - 1).join('') + '…' : text;
}

function groupingText(edge: GraphEdge): string {
  return edge.fields.length > 0 ? `${edge.grouping} ${edge.fields.map(visible).join(', ')}` : edge.grouping;
}

interface LineProps {
  edge: GraphEdge;
  layout: Layout;
  dim: string;
  looked: string; // edgeKey()
}

// Below all boxes, so that no line crosses what they say; what is said of an edge, and its button, is its Way.
function Line({ edge, layout, dim, looked }: LineProps) {
  const key = edgeKey(edge);
  const way = layout.edges.get(key);
  if (!way) return null;
  const blocked = edge.live?.blocked ?? 0;
  const width = lineWidth(edge);
  return (
    <g class={`run${dim}${looked === key ? ' pressed' : ''}`} data-edge={key} aria-hidden="true">
      <path class="line" d={way.path} stroke-width={width} marker-end="url(#dag-arrow)" />
      {blocked >= 0.005 && (
        // It fills from the reader backwards, as what waits does.
        <path
          class="hatched"
          d={way.path}
          stroke-width={Math.max(width, 6)}
          stroke="url(#dag-hatch)"
          pathLength="100"
          stroke-dasharray={`${(100 * blocked).toFixed(1)} 200`}
          stroke-dashoffset={-(100 - 100 * blocked)}
        />
      )}
    </g>
  );
}

function lineWidth(edge: GraphEdge): number {
  return edge.live ? widthOf(edge.live.rows_per_s) : 2;
}

function Way({ edge, layout, dim, chosen, onHover, onChoose }: PartProps & { edge: GraphEdge }) {
  const key = edgeKey(edge);
  const way = layout.edges.get(key);
  if (!way) return null;
  const { x, y } = way.label;
  const pressed = chosen.edge === key;
  const blocked = edge.live?.blocked ?? 0;
  const width = lineWidth(edge);
  const rate = edge.live ? `${short(edge.live.rows_per_s)}/s` : edge.stream === 'default' ? '' : visible(edge.stream);
  const named = edge.stream === 'default' ? visible(edge.from) : `${visible(edge.from)}:${visible(edge.stream)}`;
  const words = [
    `${named} to ${visible(edge.to)}`,
    groupingText(edge),
    ...(edge.live ? [`${short(edge.live.rows_per_s)} rows per second`, shareText('blocked', blocked)] : []),
  ];
  return (
    <g
      class={`way${dim}${pressed ? ' pressed' : ''}`}
      aria-description={words.join(', ')}
      aria-pressed={pressed}
      data-edge={key}
      onPointerEnter={() => onHover('', key)}
      onFocus={() => onHover('', key)}
      onBlur={() => onHover('', '')}
      {...asButton(() => onChoose('', pressed ? '' : key))}
    >
      <g>
        <title>{words.join(', ')}</title>
        <path class="catch" d={way.path} />
        <rect
          class="plate"
          x={x - labelWidth / 2}
          y={y - labelHeight / 2}
          width={labelWidth}
          height={labelHeight}
          rx="4"
        />
        <text class="small" x={x} y={y - 8 - width / 2} text-anchor="middle">
          {rate}
        </text>
        <text class="tiny soft" x={x} y={y + 15 + width / 2} text-anchor="middle">
          {shortened(groupingText(edge), 19)}
        </text>
        {blocked >= 0.005 && (
          <text class="tiny alert" x={x} y={y + 28 + width / 2} text-anchor="middle">
            {shareText('blocked', blocked)}
          </text>
        )}
      </g>
    </g>
  );
}
