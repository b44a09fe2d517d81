/** The tune a caller chose last (E2), in the table `caller_music`. */
export interface CallerMusic {
  /** Name of the track; `null` when nothing is remembered. Rejects with DATABASE_UNAVAILABLE. */
  recall(request: { readonly number: string; readonly musicClass: string }): Promise<string | null>;
  /** Written at the key press; a newer choice replaces it. Never rejects: without the database it is lost, and the log says so. */
  remember(choice: {
    readonly number: string;
    readonly musicClass: string;
    readonly track: string;
    readonly atMs: number;
  }): Promise<void>;
}
