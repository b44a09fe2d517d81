/** Where something stands in a file; lines count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** `name = value` of a section, as Asterisk hands it to a module: inherited ones stand before the section's own. */
export interface ConfOption extends Place {
  readonly name: string;
  readonly value: string;
}

/** `[name]` with what belongs to it. */
export interface ConfSection extends Place {
  readonly name: string;
  /** `(!)`: only there to be inherited from; a module never sees it. */
  readonly isTemplate: boolean;
  readonly options: readonly ConfOption[];
}

/** Something that Asterisk passes over without a word, and a person should know of. */
export interface Remark extends Place {
  readonly text: string;
}

/** One configuration of Asterisk with all that it includes. */
export interface Conf {
  readonly sections: readonly ConfSection[];
  readonly remarks: readonly Remark[];
  /** Every file that was read, the first one first. */
  readonly files: readonly string[];
}

/** The files of a configuration; the disk, or a test's table. */
export interface ConfFiles {
  /** The files that a name or pattern of an include means, sorted; none when there is none. */
  find(pattern: string): readonly string[];
  /** Text of a file, or why it can't be read. */
  read(file: string): { readonly text: string } | { readonly reason: string; readonly line?: number };
}
