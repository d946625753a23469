import { Background, Controls, Handle, Position, ReactFlow, type Connection, type Edge, type Node, type NodeChange, type NodeProps, type ReactFlowInstance } from '@xyflow/react';
import '@xyflow/react/dist/style.css';
import { Button, Group, Text, useComputedColorScheme } from '@mantine/core';
import { IconLayoutDistributeVertical, IconPlus, IconTrash } from '@tabler/icons-react';
import { memo, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import '../graph/graph.css';
import { layout, type Place } from '../graph/layout';
import './graph-editor.css';
import { leadsTo } from './reach';

/** A task to draw and edit. */
export interface EditedNode {
  id: string;
  title: string;
  note: string;
  /** Whether the server would refuse something of it. */
  wrong?: boolean;
}

export interface EditedEdge {
  from: string;
  to: string;
  label?: string | undefined;
}

export interface GraphEditorProps {
  nodes: readonly EditedNode[];
  edges: readonly EditedEdge[];
  selected: string | undefined;
  onSelect: (id: string) => void;
  onConnect: (from: string, to: string) => void;
  onDisconnect: (from: string, to: string) => void;
  onAdd: () => void;
  onRemove: (ids: readonly string[]) => void;
  fixed?: boolean | undefined;
}

interface Data extends Record<string, unknown> {
  node: EditedNode;
}

const width = 190;
const height = 52;

/** Tasks as a picture that can be changed: add, connect by dragging from the right of one to the left of another, remove with the Delete key. */
export function GraphEditor({ nodes, edges, selected, onSelect, onConnect, onDisconnect, onAdd, onRemove, fixed = false }: GraphEditorProps) {
  const scheme = useComputedColorScheme('light');
  const [moved, setMoved] = useState<ReadonlyMap<string, Place>>(new Map());
  const [chosenEdge, setChosenEdge] = useState<string>();
  const flow = useRef<ReactFlowInstance<Node<Data>>>(undefined);
  const shape = JSON.stringify([nodes.map((node) => node.id), edges.map((edge) => [edge.from, edge.to])]);
  const places = useMemo(
    () => layout({ nodes: nodes.map((node) => ({ id: node.id, width, height })), edges }),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [shape],
  );
  const drawn = useMemo<Node<Data>[]>(
    () => nodes.map((node) => ({ id: node.id, type: 'edited', position: moved.get(node.id) ?? places.get(node.id) ?? { x: 0, y: 0 }, data: { node }, width, height, selected: node.id === selected, ariaLabel: `Task ${node.title}, ${node.note}` })),
    [nodes, places, moved, selected],
  );
  const lines = useMemo<Edge[]>(
    () =>
      edges.map((edge) => {
        const id = JSON.stringify([edge.from, edge.to]);
        return { id, source: edge.from, target: edge.to, selected: id === chosenEdge, ariaLabel: `${edge.to} depends on ${edge.from}`, ...(edge.label ? { label: edge.label } : {}) };
      }),
    [edges, chosenEdge],
  );
  // A picture that grew is shown whole again.
  const count = nodes.length;
  useEffect(() => {
    const timer = setTimeout(() => void flow.current?.fitView({ padding: 0.15, maxZoom: 1.1 }), 60);
    return () => clearTimeout(timer);
  }, [count, places]);

  const change = useCallback(
    (changes: NodeChange<Node<Data>>[]) => {
      const at = new Map<string, Place>();
      for (const each of changes) {
        if (each.type === 'position' && each.position) at.set(each.id, each.position);
        else if (each.type === 'select' && each.selected) {
          setChosenEdge(undefined);
          onSelect(each.id);
        }
      }
      if (at.size > 0) setMoved((before) => new Map([...before, ...at]));
    },
    [onSelect],
  );
  const isFree = useCallback((line: Connection | Edge) => line.source !== line.target && !leadsTo(edges, line.target, line.source) && !edges.some((edge) => edge.from === line.source && edge.to === line.target), [edges]);
  return (
    <div>
      <Group gap="xs" mb="xs">
        <Button size="xs" leftSection={<IconPlus size={14} aria-hidden />} onClick={onAdd} disabled={fixed}>
          Add a task
        </Button>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconLayoutDistributeVertical size={14} aria-hidden />}
          onClick={() => {
            setMoved(new Map());
            setTimeout(() => void flow.current?.fitView({ padding: 0.15, maxZoom: 1.1 }), 60);
          }}
        >
          Tidy up
        </Button>
        <Button size="xs" variant="default" leftSection={<IconTrash size={14} aria-hidden />} onClick={() => selected !== undefined && onRemove([selected])} disabled={fixed || selected === undefined || nodes.length === 0}>
          Remove the chosen task
        </Button>
        <Text size="xs" c="var(--text-muted)">
          Drag from a right dot to a left one to connect; Delete removes what is chosen.
        </Text>
      </Group>
      <div className="card graph-editor">
        <ReactFlow
          aria-label="Tasks and what depends on what"
          nodes={drawn}
          edges={lines}
          nodeTypes={types}
          colorMode={scheme}
          onInit={(made) => {
            flow.current = made;
          }}
          fitView
          fitViewOptions={{ padding: 0.15, maxZoom: 1.1 }}
          minZoom={0.05}
          onlyRenderVisibleElements={nodes.length > 150}
          nodesDraggable
          nodesConnectable={!fixed}
          nodesFocusable
          edgesFocusable
          connectionRadius={34}
          deleteKeyCode={fixed ? null : ['Delete', 'Backspace']}
          onNodesChange={change}
          onEdgesChange={(changes) => {
            for (const each of changes) if (each.type === 'select') setChosenEdge(each.selected ? each.id : undefined);
          }}
          isValidConnection={isFree}
          onConnect={(line) => isFree(line) && onConnect(line.source, line.target)}
          // What is removed are settings; the picture follows them.
          onBeforeDelete={({ nodes: gone }) => {
            const line = lines.find((each) => each.id === chosenEdge);
            if (line) onDisconnect(line.source, line.target);
            else if (gone.length > 0) onRemove(gone.map((node) => node.id));
            return Promise.resolve(false);
          }}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={20} />
          <Controls showInteractive={false} />
        </ReactFlow>
      </div>
    </div>
  );
}

const EditedTask = memo(function EditedTask({ data, selected }: NodeProps<Node<Data>>) {
  const { node } = data;
  return (
    <div className={`graph-node${selected ? ' graph-node-chosen' : ''}${node.wrong ? ' graph-node-wrong' : ''}`}>
      <Handle type="target" position={Position.Left} />
      <div className="graph-node-title">
        <span title={node.title}>{node.title}</span>
      </div>
      <div className="graph-node-note">{node.wrong ? `${node.note} · would be refused` : node.note}</div>
      <Handle type="source" position={Position.Right} />
    </div>
  );
});

const types = { edited: EditedTask };
