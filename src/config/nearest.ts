/** The known name that is most like the one written, or `null` when none is near enough to be meant. */
export function nearest(written: string, known: Iterable<string>): string | null {
  const folded = fold(written);
  let best: string | null = null;
  let bestDistance = Math.max(1, Math.floor(folded.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(folded, fold(name));
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

/** `; did you mean "ring-timeout"?`, or nothing when no known name is near. */
export function didYouMean(written: string, known: Iterable<string>): string {
  const name = nearest(written, known);
  return name === null ? '' : `; did you mean "${name}"?`;
}

// Names beyond this length are cut: the work is bounded whatever the file holds.
const LENGTH_MAX = 64;

/** `ringTimeout`, `ring_timeout` and `ring-timeout` are the same to a person. */
function fold(name: string): string {
  return name
    .slice(0, LENGTH_MAX)
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replaceAll('_', '-');
}

/** Levenshtein's distance, with the exchange of two neighbours as one step. */
function editDistance(from: string, to: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      let steps = Math.min(
        at(previous, column) + 1,
        at(current, column - 1) + 1,
        at(previous, column - 1) + (isSame ? 0 : 1),
      );
      const isExchange = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (isExchange) steps = Math.min(steps, at(before, column - 2) + 1);
      current.push(steps);
    }
    [before, previous] = [previous, current];
  }
  return at(previous, to.length);
}

const at = (row: readonly number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY;
