import { Background, Controls, Handle, MiniMap, Position, ReactFlow, type Edge, type Node, type NodeProps } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { useComputedColorScheme } from '@mantine/core';
import { memo, useMemo, type ReactNode } from 'react';
import { fillOf, StateIcon } from '../state';
import { BigGraph } from './big-graph';
import './graph.css';
import { layout } from './layout';

/** A node to draw. */
export interface GraphNode {
  id: string;
  title: string;
  /** A short line under the title. */
  note?: ReactNode;
  /** The same as plain text, for pictures of very many nodes. */
  hint?: string | undefined;
  /** A state of a task, or none in a picture of a definition. */
  state?: string | undefined;
}

export interface GraphEdge {
  from: string;
  to: string;
  label?: string | undefined;
}

interface Data extends Record<string, unknown> {
  node: GraphNode;
}

const width = 190;
const height = 52;

/** Above so many nodes elements are too slow; a canvas takes them. */
const mostElements = 300;

interface GraphProps {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  selected?: string | undefined;
  onSelect?: (id: string) => void;
  label: string;
}

/** A picture of tasks or steps and what leads to what; live, as states of nodes change. Needs a parent with a height. */
export function GraphView(props: GraphProps) {
  return props.nodes.length > mostElements ? <BigGraph {...props} /> : <FlowGraph {...props} />;
}

function FlowGraph({ nodes, edges, selected, onSelect, label }: GraphProps) {
  const scheme = useComputedColorScheme('light');
  // Only the shape decides places, so that a change of state moves nothing.
  const shape = JSON.stringify([nodes.map((node) => node.id), edges.map((edge) => [edge.from, edge.to])]);
  const places = useMemo(
    () => layout({ nodes: nodes.map((node) => ({ id: node.id, width, height })), edges }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [shape],
  );
  const drawn = useMemo<Node<Data>[]>(
    () =>
      nodes.map((node) => ({
        id: node.id,
        type: 'task',
        position: places.get(node.id) ?? { x: 0, y: 0 },
        data: { node },
        width,
        height,
        selected: node.id === selected,
        ariaLabel: `${node.title}${node.state ? `: ${node.state}` : ''}`,
      })),
    [nodes, places, selected],
  );
  const lines = useMemo<Edge[]>(
    () => edges.map((edge) => ({ id: `${edge.from} ${edge.to}`, source: edge.from, target: edge.to, ...(edge.label ? { label: edge.label } : {}), focusable: false })),
    [edges],
  );
  return (
    <ReactFlow
      aria-label={label}
      nodes={drawn}
      edges={lines}
      nodeTypes={types}
      colorMode={scheme}
      fitView
      fitViewOptions={{ padding: 0.12, maxZoom: 1.1 }}
      minZoom={0.05}
      onlyRenderVisibleElements={nodes.length > 150}
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable
      edgesFocusable={false}
      deleteKeyCode={null}
      onNodeClick={(_, node) => onSelect?.(node.id)}
      onNodesChange={(changes) => {
        // Selecting by the keyboard (Enter on a node).
        for (const change of changes) if (change.type === 'select' && change.selected && change.id !== selected) onSelect?.(change.id);
      }}
      proOptions={{ hideAttribution: true }}
    >
      <Background gap={20} />
      <Controls showInteractive={false} />
      {nodes.length > 30 && <MiniMap pannable zoomable nodeColor={(node) => ((node.data as Data).node.state ? fillOf((node.data as Data).node.state!) : 'var(--line)')} />}
    </ReactFlow>
  );
}

const TaskNode = memo(function TaskNode({ data, selected }: NodeProps<Node<Data>>) {
  const { node } = data;
  return (
    <div className={`graph-node${selected ? ' graph-node-chosen' : ''}`} style={node.state ? { borderLeftColor: fillOf(node.state) } : undefined}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <div className="graph-node-title">
        {node.state && <StateIcon state={node.state} size={15} />}
        <span title={node.title}>{node.title}</span>
      </div>
      {node.note && <div className="graph-node-note">{node.note}</div>}
      <Handle type="source" position={Position.Right} isConnectable={false} />
    </div>
  );
});

const types = { task: TaskNode };
