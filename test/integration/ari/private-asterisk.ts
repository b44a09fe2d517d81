import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asteriskLogs, prepareAsterisk, startAsterisk, stopAsterisk } from '../../../install/private-stack/asterisk.ts';
import { withLock } from '../../../install/private-stack/lock.ts';
import { CHECKOUT, runRoot } from '../../../install/private-stack/paths.ts';
import { choosePorts } from '../../../install/private-stack/ports.ts';
import { type ProcessRecord, run, runScript, signalProcess } from '../../../install/private-stack/processes.ts';
import { type AsteriskKind, allStates, freshSecrets, type StackState } from '../../../install/private-stack/state.ts';

/** Changes one configuration file before Asterisk starts: its text by its name (`http.conf`). */
export type Edits = Readonly<Record<string, (text: string) => string>>;

/** A real Asterisk with the shipped configuration and nothing else of the stack, for one test file. */
export class PrivateAsterisk {
  readonly #state: StackState;
  #process: ProcessRecord | undefined;

  private constructor(state: StackState) {
    this.#state = state;
  }

  static async start(edits: Edits = {}, kind: AsteriskKind = 'current'): Promise<PrivateAsterisk> {
    const script = join(CHECKOUT, 'install/asterisk.sh');
    const found = await runScript(script, kind === 'current' ? [] : [kind]);
    const [asteriskPrefix = '', asteriskVersion = ''] = found.trim().split(' ');
    const ports = await withLock(join(runRoot(), 'ports.lock'), () =>
      choosePorts(allStates().map(({ ports }) => ports)),
    );
    const asterisk = new PrivateAsterisk({
      name: 'ari-test',
      checkout: CHECKOUT,
      folder: mkdtempSync(join(tmpdir(), 'queueapp-ari-')),
      xmpp: 'prosody',
      pubsub: 'internal',
      members: 0,
      domain: 'queueapp.test',
      ports,
      secrets: freshSecrets(),
      asterisk: kind,
      asteriskPrefix,
      asteriskVersion,
      processes: {},
      complete: false,
    });
    prepareAsterisk(asterisk.#state);
    for (const [file, edit] of Object.entries(edits)) asterisk.#edit(file, edit);
    try {
      await asterisk.run();
    } catch (error) {
      await asterisk.close();
      throw error;
    }
    return asterisk;
  }

  get url(): string {
    return `http://127.0.0.1:${this.ariPort}`;
  }

  get ariPort(): number {
    return this.#state.ports.ari;
  }

  get username(): string {
    return 'queueapp';
  }

  get password(): string {
    return this.#state.secrets.ari;
  }

  account(user: string) {
    return { host: '127.0.0.1', port: this.#state.ports.sip, user, password: this.#state.secrets.sip };
  }

  /** Starts it (again), with the same configuration on the same ports. */
  async run(): Promise<void> {
    await startAsterisk(this.#state, (process) => {
      this.#process = process;
    });
  }

  async stop(): Promise<void> {
    if (this.#process) await stopAsterisk(this.#process);
    this.#process = undefined;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#process) signalProcess(this.#process, signal);
  }

  /** What the console answers to a command. */
  console(command: string): Promise<string> {
    return run(join(this.#state.folder, 'asterisk-console'), ['-rx', command], { cure: 'see the log' });
  }

  get log(): string {
    return asteriskLogs(this.#state)
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n');
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#state.folder, { recursive: true, force: true });
  }

  #edit(file: string, edit: (text: string) => string): void {
    const path = join(this.#state.folder, 'asterisk/etc', file);
    const before = readFileSync(path, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error(`The edit changes nothing in ${file}`);
    writeFileSync(path, after);
  }
}
