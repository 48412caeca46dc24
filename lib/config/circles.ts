/** More are not worth telling: one mended often mends others. */
const MOST = 10;

/**
 * Circles in a graph, each as the nodes on the way round, once, beginning with the one that comes first in the map. Not every
 * one that can be walked, but none exactly when there is none. Without recursion: chains may be long.
 */
export function findCircles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const done = new Set<string>();
  const circles: (readonly string[])[] = [];
  const rank = new Map([...graph.keys()].map((node, index) => [node, index]));
  for (const start of graph.keys()) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const ahead: (readonly [node: string, depth: number])[] = [[start, 0]];
    for (let step = ahead.pop(); step !== undefined; step = ahead.pop()) {
      const [node, depth] = step;
      for (const left of path.splice(depth)) {
        onPath.delete(left);
        done.add(left);
      }
      if (onPath.has(node)) circles.push(firstFirst(path.slice(path.indexOf(node)), rank));
      if (circles.length === MOST) return circles;
      if (onPath.has(node) || done.has(node)) continue;
      path.push(node);
      onPath.add(node);
      for (const next of graph.get(node) ?? []) ahead.push([next, depth + 1]);
    }
    for (const left of path) done.add(left);
  }
  return circles;
}

function firstFirst(circle: readonly string[], rank: ReadonlyMap<string, number>): readonly string[] {
  const rankOf = (node: string) => rank.get(node) ?? 0;
  const first = circle.reduce((best, node) => (rankOf(node) < rankOf(best) ? node : best));
  const at = circle.indexOf(first);
  return [...circle.slice(at), ...circle.slice(0, at)];
}
