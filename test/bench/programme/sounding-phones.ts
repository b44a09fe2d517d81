import { join } from 'node:path';
import { Program, temporaryFolder } from '../../support/phones/processes.ts';
import { Changes } from '../../support/phones/waiting.ts';

/** What the phones have done, and how punctual they were. */
export interface PhonesState {
  /** Phones that a packet has reached, and that send since then. */
  readonly heard: number;
  readonly sent: number;
  /** Moments (Unix milliseconds) at which their clock came late, and by how many milliseconds, since the last question. */
  readonly late: readonly (readonly [atMs: number, lateMs: number])[];
  readonly worstLateMs: number;
}

const ANSWER_LIMIT_MS = 10_000;

/** The sound of many callers' phones, in one process (phones_with_sound.py): silence every 20 ms, and keys. */
export class SoundingPhones {
  /** Where each wants its sound. */
  ports: readonly number[] = [];
  readonly #program: Program;
  readonly #changes: Changes;
  readonly #answers: Record<string, unknown>[];

  private constructor(program: Program, changes: Changes, answers: Record<string, unknown>[]) {
    this.#program = program;
    this.#changes = changes;
    this.#answers = answers;
  }

  static async start(count: number): Promise<SoundingPhones> {
    const changes = new Changes();
    const answers: Record<string, unknown>[] = [];
    let unread = '';
    const script = join(import.meta.dirname, 'phones_with_sound.py');
    const onOutput = (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      answers.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
      changes.notify();
    };
    const folder = await temporaryFolder('phones');
    const phones = new SoundingPhones(
      await Program.start('python3', [script, String(count)], folder, onOutput),
      changes,
      answers,
    );
    phones.ports = (await phones.#answer('ports', ANSWER_LIMIT_MS))['ports'] as readonly number[];
    return phones;
  }

  async state(): Promise<PhonesState> {
    this.#program.write('stat\n');
    return (await this.#answer('heard', ANSWER_LIMIT_MS)) as unknown as PhonesState;
  }

  /** Phones press a key, evenly spread over a time; answers how many did, when the last has let go. */
  async press(
    digit: string,
    { first = 0, count, overMs }: { first?: number; count: number; overMs: number },
  ): Promise<number> {
    this.#program.write(`press ${digit} ${first} ${count} ${overMs}\n`);
    return (await this.#answer('pressed', overMs + ANSWER_LIMIT_MS))['pressed'] as number;
  }

  close(): Promise<void> {
    return this.#program.close();
  }

  async #answer(key: string, limitMs: number): Promise<Record<string, unknown>> {
    const find = () => {
      if (!this.#program.isRunning) throw new Error(`The phones have ended:\n${this.#program.output.slice(-2000)}`);
      const index = this.#answers.findIndex((answer) => key in answer);
      return index < 0 ? undefined : this.#answers.splice(index, 1)[0];
    };
    return this.#changes.until(find, { what: `the phones' answer (${key})`, limitMs });
  }
}
