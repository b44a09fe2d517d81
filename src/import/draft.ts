import type { Place } from './asterisk/conf.ts';
import { unique } from './names.ts';

/** What `extension.number` takes. */
export const NUMBER_LENGTH_MAX = 40;

/**
 * What became of an option: `taken` as it was; `changed`: it means something else now; `left`: nothing here does that; `default`:
 * nobody wrote it, but app_queue does so, and this application would not by itself.
 */
export type Verdict = 'taken' | 'changed' | 'left' | 'default';

/** One thing that was read, and what became of it. */
export interface Entry extends Place {
  /** `[support]`, or a table. */
  readonly section: string;
  readonly option: string;
  readonly value: string;
  verdict: Verdict;
  /** Why, and what to do; `null` where nothing needs to be said. */
  note: string | null;
  /** Where it stands in the configuration; `null`: it is a row of the database, or nowhere. */
  path: Path | null;
}

export type Path = readonly string[];

/** What is written for a setting. */
export type Written = string | number | boolean | readonly (string | Readonly<Record<string, string | number>>)[];

/** A person who answers: a row of `extension`. */
export interface ExtensionRow {
  readonly number: string;
  readonly interface: string;
  readonly name: string | null;
  readonly stateInterface: string | null;
  readonly jid: string | null;
  /** As PostgreSQL wrote it, without a zone. */
  readonly lastHangup: string | null;
}

/** A row of `queue_member`. */
export interface MemberRow {
  readonly queue: string;
  /** By what is rung: an extension of that interface may have another number in the database already. */
  readonly interface: string;
  readonly penalty: number;
  readonly position: number;
  readonly isPaused: boolean;
  readonly ringInUse: boolean | null;
  readonly wrapUpMs: number | null;
}

/** A row of `customer`. */
export interface CustomerRow {
  readonly id: string;
  readonly name: string;
  readonly code: string | null;
}

type Tree = { [name: string]: Tree | Written };

/** What an import has gathered: settings as a tree, rows for the database, and an account of each option. */
export class Draft {
  readonly entries: Entry[] = [];
  readonly tree: Tree = {};
  readonly extensions: ExtensionRow[] = [];
  readonly members: MemberRow[] = [];
  readonly customers: CustomerRow[] = [];
  readonly #numbers = new Set<string>();
  /** Places in `extensions`, by what is rung. */
  readonly #extensionAt = new Map<string, number>();

  /** A number for what is rung: the wanted one, or one like it when something else has that. */
  numberFor(wanted: string, rung: string): string {
    return this.extensionOf(rung)?.number ?? unique(wanted, this.#numbers, NUMBER_LENGTH_MAX);
  }

  /** One extension for each thing that is rung: what one source knows of it is added to what another one said. */
  addExtension(row: ExtensionRow): void {
    const index = this.#extensionAt.get(row.interface);
    const known = index === undefined ? undefined : this.extensions[index];
    if (index === undefined || known === undefined) {
      this.#extensionAt.set(row.interface, this.extensions.push(row) - 1);
      this.#numbers.add(row.number);
      return;
    }
    const ofKnown = Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null));
    this.extensions[index] = { ...row, ...ofKnown };
  }

  extensionOf(rung: string): ExtensionRow | undefined {
    const index = this.#extensionAt.get(rung);
    return index === undefined ? undefined : this.extensions[index];
  }

  set(path: Path, value: Written): void {
    const { group, name } = this.#place(path);
    group[name] = value;
  }

  /** Makes a group that may stay empty: a queue with defaults. */
  addGroup(path: Path): void {
    const { group, name } = this.#place(path);
    group[name] ??= {};
  }

  get(path: Path): Tree | Written | undefined {
    let found: Tree | Written | undefined = this.tree;
    for (const name of path) found = isTree(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    return found;
  }

  /**
   * Takes a setting out again, because the configuration's own check refuses it. The entries that it came from are left.
   * @returns whether there was one
   */
  drop(path: Path, reason: string): boolean {
    const parent = this.get(path.slice(0, -1));
    const name = path.at(-1) ?? '';
    if (!isTree(parent) || !Object.hasOwn(parent, name)) return false;
    delete parent[name];
    this.#prune(path.slice(0, -1));
    for (const entry of this.entries) {
      if (entry.path === null || !path.every((part, index) => entry.path?.[index] === part)) continue;
      Object.assign(entry, {
        verdict: 'left',
        path: null,
        note: `${path.join('.')} ${reason}`,
      } satisfies Partial<Entry>);
    }
    return true;
  }

  /** Groups that nothing is left of; a queue and the classes may be empty. */
  #prune(path: Path): void {
    const group = this.get(path);
    const mayBeEmpty = path[0] === 'queues' ? path.length <= 2 : path[0] === 'music-classes' && path.length === 1;
    if (path.length === 0 || mayBeEmpty || !isTree(group) || Object.keys(group).length > 0) return;
    const parent = path.length === 1 ? this.tree : this.get(path.slice(0, -1));
    if (isTree(parent)) delete parent[path.at(-1) ?? ''];
    this.#prune(path.slice(0, -1));
  }

  /** Names of the queues, in their order. */
  get queues(): string[] {
    const queues = this.get(['queues']);
    return isTree(queues) ? Object.keys(queues) : [];
  }

  #place(path: Path): { group: Tree; name: string } {
    let group = this.tree;
    for (const part of path.slice(0, -1)) {
      const inner = Object.hasOwn(group, part) ? group[part] : undefined;
      const next = isTree(inner) ? inner : {};
      group[part] = next;
      group = next;
    }
    return { group, name: path.at(-1) ?? '' };
  }
}

export function isTree(value: Tree | Written | undefined): value is Tree {
  return typeof value === 'object' && !Array.isArray(value);
}
