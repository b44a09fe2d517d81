import {
  ADVICE_FOLDERS,
  type AdviceFolder,
  type LiveSound,
  type Shelf,
  type WireFormat,
} from '../../../src/core/programme/sound.ts';
import type { FileProblem } from './decode/job.ts';
import type { TrackFolder } from './track-folder.ts';

/** A class's live stream in a format; `null` while it has none. */
export type StreamSource = (format: WireFormat) => LiveSound | null;

export interface ClassFolders {
  readonly tracks: TrackFolder | null;
  readonly advice: ReadonlyMap<AdviceFolder, TrackFolder>;
}

export interface ClassStatus {
  readonly name: string;
  readonly tracks: number;
  readonly advice: Readonly<Record<AdviceFolder, number>>;
  /** Memory of its sounds. */
  readonly bytes: number;
  /** Files that give no sound, folders that are not there. */
  readonly broken: readonly FileProblem[];
}

/** What one music class has to play. */
export class ClassShelf {
  readonly name: string;
  readonly #folders: ClassFolders;
  readonly #byFormat = new Map<WireFormat, Shelf>();
  #stream: StreamSource = () => null;

  constructor(name: string, folders: ClassFolders) {
    this.name = name;
    this.#folders = folders;
  }

  get folders(): readonly TrackFolder[] {
    const { tracks, advice } = this.#folders;
    return [...(tracks === null ? [] : [tracks]), ...advice.values()];
  }

  attachStream(stream: StreamSource): void {
    this.#stream = stream;
  }

  /** Where its tunes are read from; `null`: it has a stream alone. */
  get tracks(): TrackFolder | null {
    return this.#folders.tracks;
  }

  in(format: WireFormat): Shelf {
    const existing = this.#byFormat.get(format);
    if (existing !== undefined) return existing;
    const { tracks, advice } = this.#folders;
    const shelf: Shelf = {
      tracks: () => tracks?.list(format) ?? [],
      live: () => this.#stream(format),
      advice: (folder) => advice.get(folder)?.list(format) ?? [],
    };
    this.#byFormat.set(format, shelf);
    return shelf;
  }

  status(): ClassStatus {
    const { tracks, advice } = this.#folders;
    const counts = ADVICE_FOLDERS.map((folder) => [folder, advice.get(folder)?.size ?? 0] as const);
    return {
      name: this.name,
      tracks: tracks?.size ?? 0,
      advice: Object.fromEntries(counts) as Record<AdviceFolder, number>,
      bytes: this.folders.reduce((sum, { bytes }) => sum + bytes, 0),
      broken: this.folders.flatMap(({ broken }) => broken),
    };
  }
}
