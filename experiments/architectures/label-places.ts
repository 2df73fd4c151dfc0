// Where the names of points stand on a logarithmic axis: as near to their points as they can without touching each other.

/** The room that a name takes, as a part of the axis. */
const room = 0.036;

/** Points with the places of their names, in the order of their losses. */
export function placeLabels<Point extends { readonly loss: number }>(
  points: readonly Point[],
  [low, high]: readonly [number, number],
): readonly (Point & { readonly place: number })[] {
  const span = Math.log(high / low);
  const positionOf = (loss: number): number => Math.log(loss / low) / span;
  const sorted = points.toSorted((a, b) => a.loss - b.loss);
  const upwards: number[] = [];
  for (const { loss } of sorted) upwards.push(Math.max(positionOf(loss), (upwards.at(-1) ?? -Infinity) + room));
  // What stands above the end of the axis is moved down, and whatever is in its way.
  const places: number[] = [];
  for (const position of upwards.toReversed()) places.unshift(Math.min(position, (places[0] ?? 1 + room) - room));
  return sorted.map((point, index) => ({ ...point, place: low * Math.exp((places[index] ?? 0) * span) }));
}
