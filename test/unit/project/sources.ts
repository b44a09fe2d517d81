import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { shippedPath } from '../../../src/config/shipped.ts';

/** Folders that hold the product: what runs, and what installs and makes it. */
export const PRODUCT_FOLDERS = ['src', 'stasis', 'xmpp', 'db', 'sounds', 'install'] as const;

/** One import or re-export of a source file. */
export interface Import {
  /** Path inside the project for a file of its own, otherwise the name of the package (`node:fs`, `@xmpp/client`). */
  readonly target: string;
  /** Whether it brings types only, which are gone at run time. */
  readonly isTypeOnly: boolean;
}

/** Files below a folder of the project, as paths inside it, in order. */
export function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(shippedPath(folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => posix.join(folder, join(entry.parentPath, entry.name).slice(shippedPath(folder).length)))
    .filter((path) => !/(^|\/)(node_modules|__pycache__)\//.test(path))
    .sort();
}

/** The text of a file of the project. */
export const textOf = (path: string) => readFileSync(shippedPath(path), 'utf8');

/** The statements as the formatter writes them: at the beginning of a line, ended by a semicolon. */
const FROM = /^(import|export)(\s+type)?\s([^;'"`]*?)\sfrom\s+'([^']+)';$/gm;
const BARE = /^import\s+'([^']+)';$/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;
/** Anything that looks like the beginning of such a statement; all of them must be understood. */
const BEGINNING = /^(?:import\s(?!\()|export\s+(?:type\s+)?(?:\*|\{))/gm;

/**
 * Reads the imports of a source file.
 * @throws Error when a statement is written in a way that is not understood, so that nothing passes unseen
 */
export function importsOf(path: string, text: string): Import[] {
  const code = withoutComments(text);
  const imports: Import[] = [];
  const add = (specifier: string, isTypeOnly: boolean) => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : packageOf(specifier);
    imports.push({ target, isTypeOnly });
  };
  for (const [, , type, names = '', specifier = ''] of code.matchAll(FROM)) {
    add(specifier, type !== undefined || bringsTypesOnly(names));
  }
  for (const [, specifier = ''] of code.matchAll(BARE)) add(specifier, false);
  const local = [...code.matchAll(/^export\s+(?:type\s+)?\{[^}]*\};$/gm)].length;
  const begun = [...code.matchAll(BEGINNING)].length;
  if (imports.length + local !== begun) {
    throw new Error(`${path}: ${begun} imports and exports begin, ${imports.length + local} were understood`);
  }
  for (const [, specifier = ''] of code.matchAll(DYNAMIC)) add(specifier, false);
  return imports;
}

/** `{ type A, type B }` brings types only, `{ type A, b }` does not. */
function bringsTypesOnly(names: string): boolean {
  const inside = /^\{(.*)\}$/s.exec(names.trim())?.[1];
  const listed = inside
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  return listed !== undefined && listed.length > 0 && listed.every((name) => name.startsWith('type '));
}

/** `@xmpp/client/lib/x` is of the package `@xmpp/client`, `pg/lib/x` of `pg`. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Examples in comments are no imports. */
function withoutComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');
}
