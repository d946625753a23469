import dagre from '@dagrejs/dagre';

/** Where a node lies, by its upper left corner. */
export interface Place {
  x: number;
  y: number;
}

export interface LayoutInput {
  nodes: readonly { id: string; width: number; height: number }[];
  edges: readonly { from: string; to: string }[];
}

/** Above so many nodes dagre takes seconds; ranks by the longest path take milliseconds. */
const mostForDagre = 250;

/** Places of a graph's nodes, left to right. */
export function layout(graph: LayoutInput): Map<string, Place> {
  return graph.nodes.length > mostForDagre ? byRank(graph) : byDagre(graph);
}

function byDagre({ nodes, edges }: LayoutInput): Map<string, Place> {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 64, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of nodes) graph.setNode(node.id, { width: node.width, height: node.height });
  for (const edge of edges) if (graph.hasNode(edge.from) && graph.hasNode(edge.to)) graph.setEdge(edge.from, edge.to);
  dagre.layout(graph);
  return new Map(
    nodes.map((node) => {
      const at = graph.node(node.id) as { x: number; y: number };
      return [node.id, { x: at.x - node.width / 2, y: at.y - node.height / 2 }];
    }),
  );
}

function byRank({ nodes, edges }: LayoutInput): Map<string, Place> {
  const before = new Map<string, string[]>(nodes.map((node) => [node.id, []]));
  for (const edge of edges) if (before.has(edge.from)) before.get(edge.to)?.push(edge.from);
  const rank = new Map<string, number>();
  const visit = (first: string): void => {
    // Without recursion: a chain may be as long as the graph. A cycle counts as an edge less.
    const stack = [first];
    const open = new Set<string>();
    while (stack.length > 0) {
      const id = stack.at(-1)!;
      const waiting = (before.get(id) ?? []).filter((one) => !rank.has(one) && !open.has(one));
      if (!rank.has(id) && waiting.length > 0 && !open.has(id)) {
        open.add(id);
        stack.push(...waiting);
        continue;
      }
      stack.pop();
      open.delete(id);
      if (!rank.has(id)) rank.set(id, Math.max(-1, ...(before.get(id) ?? []).map((one) => rank.get(one) ?? -1)) + 1);
    }
  };
  for (const node of nodes) visit(node.id);
  const places = new Map<string, Place>();
  const rows = new Map<number, number>();
  const width = Math.max(160, ...nodes.map((node) => node.width)) + 64;
  // A rank of many is broken into columns, so that the picture keeps the shape of a screen.
  const most = Math.max(20, Math.ceil(Math.sqrt(nodes.length) * 1.6));
  const columns = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const id of rank.keys()) counts.set(rank.get(id)!, (counts.get(rank.get(id)!) ?? 0) + 1);
  let column = 0;
  for (const each of [...counts.keys()].sort((a, b) => a - b)) {
    columns.set(each, column);
    column += Math.ceil(counts.get(each)! / most);
  }
  for (const node of nodes) {
    const own = rank.get(node.id)!;
    const row = rows.get(own) ?? 0;
    rows.set(own, row + 1);
    places.set(node.id, { x: (columns.get(own)! + Math.floor(row / most)) * width, y: (row % most) * (node.height + 18) });
  }
  return places;
}
