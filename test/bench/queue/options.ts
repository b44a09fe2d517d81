/** How much is measured, and who is told of what is built. */
export interface QueueBenchOptions {
  readonly rounds: number;
  /** Calls of each measurement at most; none: as the parts say. */
  readonly calls: number | undefined;
  readonly nodeOptions: readonly string[];
  readonly say: (line: string) => void;
  readonly onScene: (scene: { tearDown: () => Promise<void> }) => void;
}
