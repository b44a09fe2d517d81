import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type Scalar } from 'yaml';
import type { Finding, FindingPath } from './findings.ts';

/** Where something begins in a file; both count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML file as plain values, with the position of every setting. */
export interface ConfigDocument {
  readonly value: unknown;
  /** Position of a setting's key, or of the nearest enclosing one that is written in the file. */
  positionOf(path: FindingPath): Position;
  /** Whether a path that ends in a list's index leads to an item of a list in the file; other paths always do. */
  hasItem(path: FindingPath): boolean;
  /** What is wrong with the file as YAML: syntax and keys that occur twice. */
  readonly findings: readonly Finding[];
}

/** Bytes of a configuration file that are read at most. */
export const FILE_BYTES_MAX = 1024 * 1024;
// How deep lists and maps may be nested; the deepest setting lies at six.
const DEPTH_MAX = 32;

/** Reads YAML 1.2 and remembers where each setting stands. */
export function readDocument(text: string, file: string): ConfigDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, uniqueKeys: false, prettyErrors: false, logLevel: 'error' });
  const walk = new Walk(file, lineCounter);
  const syntax = document.errors.map((error): Finding => {
    const advice = error.code === 'BAD_ALIAS' ? '; a * at the start of a value or key must stand in quotes' : '';
    return {
      file,
      ...walk.at(error.pos[0]),
      path: [],
      reason: `is no proper YAML: ${firstLine(error.message)}${advice}`,
    };
  });
  if (document.contents !== null) walk.visit(document.contents, []);
  const findings = [...syntax, ...walk.findings];
  return {
    value: plainValue(document, findings, file),
    positionOf: (path) => walk.positionOf(path),
    hasItem: (path) => typeof path.at(-1) !== 'number' || walk.has(path),
    findings,
  };
}

function plainValue(document: ReturnType<typeof parseDocument>, findings: Finding[], file: string): unknown {
  if (document.errors.length > 0) return undefined;
  try {
    return withoutNothing(document.toJS({ maxAliasCount: 100 }), []);
  } catch (error) {
    const reason = error instanceof Error ? firstLine(error.message) : String(error);
    findings.push({ file, line: 1, column: 1, path: [], reason: `is no proper YAML: ${reason}` });
    return undefined;
  }
}

/** A setting without a value is as good as none; a queue without settings is one with defaults. */
function withoutNothing(value: unknown, path: FindingPath): unknown {
  if (value === null) return path.length === 2 && path[0] === 'queues' ? {} : undefined;
  if (Array.isArray(value)) return value.map((item, index) => withoutNothing(item, [...path, index]));
  if (typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, withoutNothing(inner, [...path, key])] as const);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}

/** One pass over the nodes: positions of all keys and items, and keys that occur twice. */
class Walk {
  readonly findings: Finding[] = [];
  readonly #positions = new Map<string, Position>();
  readonly #file: string;
  readonly #lineCounter: LineCounter;

  constructor(file: string, lineCounter: LineCounter) {
    this.#file = file;
    this.#lineCounter = lineCounter;
  }

  at(offset: number): Position {
    const { line, col } = this.#lineCounter.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  has(path: FindingPath): boolean {
    return this.#positions.has(keyOf(path));
  }

  positionOf(path: FindingPath): Position {
    for (let length = path.length; length > 0; length--) {
      const position = this.#positions.get(keyOf(path.slice(0, length)));
      if (position !== undefined) return position;
    }
    return { line: 1, column: 1 };
  }

  visit(node: unknown, path: FindingPath): void {
    if (path.length > DEPTH_MAX || isAlias(node)) return;
    if (isScalar(node)) keepDialled(node);
    if (isMap(node)) this.#visitMap(node.items, path);
    else if (isSeq(node)) {
      node.items.forEach((item, index) => {
        const itemPath = [...path, index];
        this.#note(itemPath, item as Node);
        this.visit(item, itemPath);
      });
    }
  }

  #visitMap(items: readonly Pair[], path: FindingPath): void {
    const seen = new Map<string, Position>();
    for (const { key, value } of items) {
      const position = this.at((key as Node | null)?.range?.[0] ?? 0);
      if (!isScalar(key)) {
        this.findings.push({ file: this.#file, ...position, path, reason: 'has a name that is no plain text' });
        continue;
      }
      const name = String(key.value);
      const keyPath = [...path, name];
      const first = seen.get(name);
      if (first === undefined) {
        seen.set(name, position);
        this.#positions.set(keyOf(keyPath), position);
        this.visit(value, keyPath);
      } else {
        const reason = `is written twice, first in line ${first.line}; keep one of them`;
        this.findings.push({ file: this.#file, ...position, path: keyPath, reason });
      }
    }
  }

  #note(path: FindingPath, node: Node | null): void {
    const offset = node?.range?.[0];
    if (offset !== undefined) this.#positions.set(keyOf(path), this.at(offset));
  }
}

/** A number that YAML would shorten (`0049…`, `+49…`) is a telephone number: it stays as it was written. */
function keepDialled(node: Scalar): void {
  if (typeof node.value === 'number' && /^(?:\+|0)\d+$/.test(node.source ?? '')) node.value = node.source;
}

const keyOf = (path: FindingPath) => JSON.stringify(path.map(String));
const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';
