import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A file or folder of the project, for example `install/queueapp.yaml`, wherever the program runs from (src or dist/src). */
export function shippedPath(path: string): string {
  return join(projectFolder(import.meta.dirname), path);
}

function projectFolder(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error(`No package.json lies above ${import.meta.dirname}`);
  return projectFolder(parent);
}
