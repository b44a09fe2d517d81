/** Less than 0 when `a` stands before `b`; 0 only for the same item. */
export type Compare<Item> = (a: Item, b: Item) => number;

interface Node<Item> {
  readonly item: Item;
  /** Greater than the children's: so the tree stays as flat as one filled in random order. */
  readonly weight: number;
  left: Tree<Item>;
  right: Tree<Item>;
  size: number;
}
type Tree<Item> = Node<Item> | null;

/**
 * Items in order, each operation in O(log n): a treap that counts what stands below each node. An item must not change its
 * place while it is in the set: take it out, change it, put it in again. The weights are drawn from a fixed series, for the
 * core knows no chance; nobody outside can choose keys so that the tree grows deep.
 */
export class OrderedSet<Item> {
  readonly #compare: Compare<Item>;
  #root: Tree<Item> = null;
  #series = 0x9e3779b9;

  constructor(compare: Compare<Item>) {
    this.#compare = compare;
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  /** Must not be in the set yet. */
  add(item: Item): void {
    const node: Node<Item> = { item, weight: this.#nextWeight(), left: null, right: null, size: 1 };
    this.#root = this.#insert(this.#root, node);
  }

  /** Whether it was there. */
  delete(item: Item): boolean {
    const before = this.size;
    this.#root = this.#without(this.#root, item);
    return this.size < before;
  }

  first(): Item | undefined {
    return this.at(0);
  }

  /** The item with so many before it. */
  at(index: number): Item | undefined {
    let node = this.#root;
    let before = index;
    while (node !== null) {
      const left = sizeOf(node.left);
      if (before === left) return node.item;
      if (before < left) node = node.left;
      else {
        before -= left + 1;
        node = node.right;
      }
    }
    return undefined;
  }

  /** How many stand before the item, which need not be in the set. */
  indexOf(item: Item): number {
    let node = this.#root;
    let before = 0;
    while (node !== null) {
      if (this.#compare(node.item, item) < 0) {
        before += sizeOf(node.left) + 1;
        node = node.right;
      } else node = node.left;
    }
    return before;
  }

  /** In order, from the item with so many before it. The set must not change meanwhile. */
  *from(index = 0): Generator<Item> {
    // The way down to the item: what is left to visit is on it, the next one last.
    const path: Node<Item>[] = [];
    let node = this.#root;
    let before = index;
    while (node !== null) {
      const left = sizeOf(node.left);
      if (before <= left) {
        path.push(node);
        node = before === left ? null : node.left;
      } else {
        before -= left + 1;
        node = node.right;
      }
    }
    for (let next = path.pop(); next !== undefined; next = path.pop()) {
      yield next.item;
      for (let below = next.right; below !== null; below = below.left) path.push(below);
    }
  }

  [Symbol.iterator](): Generator<Item> {
    return this.from();
  }

  /** xorshift32. */
  #nextWeight(): number {
    let x = this.#series;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#series = x;
    return x;
  }

  #insert(tree: Tree<Item>, node: Node<Item>): Node<Item> {
    if (tree === null) return node;
    if (node.weight > tree.weight) {
      [node.left, node.right] = this.#split(tree, node.item);
      return counted(node);
    }
    if (this.#compare(node.item, tree.item) < 0) tree.left = this.#insert(tree.left, node);
    else tree.right = this.#insert(tree.right, node);
    return counted(tree);
  }

  #without(tree: Tree<Item>, item: Item): Tree<Item> {
    if (tree === null) return null;
    const side = this.#compare(item, tree.item);
    if (side === 0) return merged(tree.left, tree.right);
    if (side < 0) tree.left = this.#without(tree.left, item);
    else tree.right = this.#without(tree.right, item);
    return counted(tree);
  }

  /** What stands before the item, and what behind. */
  #split(tree: Tree<Item>, item: Item): [Tree<Item>, Tree<Item>] {
    if (tree === null) return [null, null];
    if (this.#compare(tree.item, item) < 0) {
      const [before, behind] = this.#split(tree.right, item);
      tree.right = before;
      return [counted(tree), behind];
    }
    const [before, behind] = this.#split(tree.left, item);
    tree.left = behind;
    return [before, counted(tree)];
  }
}

/** Everything in `before` stands before everything in `behind`. */
function merged<Item>(before: Tree<Item>, behind: Tree<Item>): Tree<Item> {
  if (before === null) return behind;
  if (behind === null) return before;
  if (before.weight > behind.weight) {
    before.right = merged(before.right, behind);
    return counted(before);
  }
  behind.left = merged(before, behind.left);
  return counted(behind);
}

function counted<Item>(node: Node<Item>): Node<Item> {
  node.size = 1 + sizeOf(node.left) + sizeOf(node.right);
  return node;
}

function sizeOf<Item>(tree: Tree<Item>): number {
  return tree === null ? 0 : tree.size;
}
