import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createStack, openStack } from '../../../install/private-stack/create-stack.ts';
import type { StackEnv } from '../../../install/private-stack/env.ts';
import { waitUntil } from '../../../install/private-stack/processes.ts';
import type { Stack } from '../../../install/private-stack/stack.ts';
import { ReleaserStack } from '../../../src/lib/releasers.ts';
import { type LoadResult, runLoad } from '../../support/phones/load.ts';
import { freePort } from '../../support/phones/processes.ts';
import { MeasuredApp, type Settings } from '../measured-app.ts';
import { collectGarbage } from './garbage.ts';
import { type Memory, readMemory } from './memory.ts';
import { type PhonesState, SoundingPhones } from './sounding-phones.ts';

const run = promisify(execFile);

const CALLS_PER_SECOND = 25;
/** Straight into the queue `support`, in which nobody answers. */
const NUMBER = '0001';
/** The application has read and decoded what it plays when its memory has not changed by a hundredth for so long. */
const STEADY_MS = 3_000;
const STEADY_LIMIT_MS = 60_000;
/** After the last caller hears something: what belongs to the arrival has been done. */
const SETTLED_MS = 5_000;
const ARRIVAL_LIMIT_MS = 60_000;
const HANG_UP_LIMIT_MS = 60_000;

/** How long so many callers take to arrive. */
export function arrivalMs(callers: number): number {
  return (callers / CALLS_PER_SECOND) * 1000;
}

/** A load of callers who wait, and the programs that play to them. */
export interface Turn {
  readonly callers: number;
  readonly settings: Settings;
  readonly nodeOptions: readonly string[];
}

/** Callers who wait and hear something, until the work with them is done. */
export interface Waiting {
  readonly app: MeasuredApp;
  readonly phones: SoundingPhones;
  readonly asteriskPid: number;
  /** Of the servers before the first of these callers came; of Node, what lives: its garbage has been collected. */
  readonly before: { readonly asterisk: Memory; readonly node: Memory };
  /** Lets Node collect its garbage. */
  readonly collect: () => Promise<void>;
}

/** A private stack whose callers wait for members who never come. */
export class HoldScene {
  readonly #name: string;
  readonly #say: (line: string) => void;
  readonly #releasers = new ReleaserStack();
  #stack: Stack | undefined;
  #end: Promise<void> | undefined;

  constructor({ name, say }: { name: string; say: (line: string) => void }) {
    this.#name = name;
    this.#say = say;
  }

  get env(): StackEnv {
    return this.#ready().env;
  }

  /** A folder for what callers shall hear; it ends with the scene. */
  get folder(): string {
    return join(this.env.QUEUEAPP_RUN, 'bench');
  }

  /** The music of Asterisk's class `default`. */
  get music(): string {
    return join(this.env.QUEUEAPP_RUN, 'asterisk/data/moh');
  }

  async build(): Promise<void> {
    this.#releasers.add('stack', async () => openStack(this.#name)?.down());
    // One member, who never registers: a stack with members has ports for a thousand channels.
    this.#stack = await createStack({ name: this.#name, members: 1, pubsub: 'memory', say: this.#say });
    await mkdir(this.folder, { recursive: true });
  }

  /** Ends everything, whatever has been built; all who ask wait for the same end. */
  async tearDown(): Promise<void> {
    const onError = (error: unknown, what: string) =>
      process.stderr.write(`${what} could not be ended: ${error instanceof Error ? error.message : String(error)}\n`);
    this.#end ??= this.#releasers.releaseAll(onError);
    await this.#end;
    await this.#releasers.releaseAll(onError);
  }

  /** Keeps something for the time of `work`; it is ended also when the bench is interrupted. */
  async using<T>(what: string, end: () => Promise<void>, work: () => Promise<T>): Promise<T> {
    let isOpen = true;
    const once = async () => {
      if (isOpen) await end();
      isOpen = false;
    };
    this.#releasers.add(what, once);
    try {
      return await work();
    } finally {
      await once();
    }
  }

  /** Asterisk and the application, both started afresh, with so many callers who have heard something; afterwards all hang up. */
  async withCallers<T>({ callers, settings, nodeOptions }: Turn, work: (waiting: Waiting) => Promise<T>): Promise<T> {
    await this.#ready().restart('asterisk');
    const inspector = await freePort();
    const collect = () => collectGarbage(inspector);
    const app = await MeasuredApp.start(this.env, settings, [...nodeOptions, `--inspect=127.0.0.1:${inspector}`]);
    return this.using(
      'application',
      () => app.stop(),
      async () => {
        const phones = await SoundingPhones.start(callers);
        return this.using(
          'phones',
          () => phones.close(),
          async () => {
            await untilSteady(app.pid);
            await collect();
            const asteriskPid = this.serverPids().asterisk;
            const before = { asterisk: readMemory(asteriskPid), node: readMemory(app.pid) };
            return this.#whileTheyWait(phones, () => work({ app, phones, asteriskPid, before, collect }));
          },
        );
      },
    );
  }

  /** One statement on the application's database, and its rows. */
  async sql<Row extends object = Record<string, unknown>>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    const client = new Client({ connectionString: this.env.DATABASE_URL });
    await client.connect();
    try {
      return (await client.query<Row>(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  /** Asterisk's ports for sound. */
  rtpPorts(): { readonly first: number; readonly last: number } {
    const { rtpFirst, rtpLast } = this.#ready().state.ports;
    return { first: rtpFirst, last: rtpLast };
  }

  serverPids(): { readonly asterisk: number; readonly postgres: number; readonly xmpp: number } {
    const { processes } = this.#ready().state;
    const pid = (server: keyof typeof processes) => processes[server]?.pid ?? 0;
    return { asterisk: pid('asterisk'), postgres: pid('postgres'), xmpp: pid('xmpp') };
  }

  /** Removes a folder below {@link HoldScene.folder} and makes it anew. */
  async freshFolder(name: string): Promise<string> {
    const folder = join(this.folder, name);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return folder;
  }

  async #whileTheyWait<T>(phones: SoundingPhones, work: () => Promise<T>): Promise<T> {
    const callers = phones.ports.length;
    const { SIP_HOST: host, SIP_PORT: port, SIP_PASSWORD: password } = this.env;
    const load = runLoad({
      account: { host, port: Number(port), user: 'caller', password },
      number: NUMBER,
      // A number of its own for each: the tune that a caller has chosen is remembered by number.
      from: `<sip:7[call_number]@${host}>`,
      callsPerSecond: CALLS_PER_SECOND,
      calls: callers,
      rtpPorts: phones.ports,
      // sipp ends by itself after half an hour; nobody waits longer here.
      patienceMs: 1_700_000,
    });
    // It is waited for below; when the work fails first, its failure counts.
    load.catch(() => undefined);
    try {
      await this.#untilAllHear(phones, load);
      await sleep(SETTLED_MS);
      return await work();
    } finally {
      await this.#hangUp(load, callers);
    }
  }

  async #untilAllHear(phones: SoundingPhones, load: Promise<LoadResult>): Promise<void> {
    const callers = phones.ports.length;
    let ended: LoadResult | undefined;
    load.then(
      (result) => {
        ended = result;
      },
      () => undefined,
    );
    let state: PhonesState | undefined;
    const limitMs = arrivalMs(callers) + ARRIVAL_LIMIT_MS;
    const allHear = async () => {
      state = await phones.state();
      return state.heard === callers || ended !== undefined;
    };
    if (!(await waitUntil(allHear, limitMs)) || ended !== undefined)
      throw new Error(
        `Of ${callers} callers ${state?.heard ?? 0} hear something${ended ? `; sipp: ${ended.errors}` : ''}`,
      );
  }

  async #hangUp(load: Promise<LoadResult>, callers: number): Promise<void> {
    await run(this.env.ASTERISK, ['-rx', 'channel request hangup all']);
    const late = sleep(HANG_UP_LIMIT_MS, undefined, { ref: false });
    const result = await Promise.race([load, late]);
    if (result === undefined) throw new Error('sipp did not end after all calls had been hung up');
    if (result.successful !== callers)
      throw new Error(
        `Of ${callers} calls ${result.successful} came to a proper end; sipp: ${result.errors.slice(0, 500)}`,
      );
  }

  #ready(): Stack {
    if (this.#stack === undefined) throw new Error('The scene has not been built');
    return this.#stack;
  }
}

async function untilSteady(pid: number): Promise<void> {
  const endsAtMs = performance.now() + STEADY_LIMIT_MS;
  let last = readMemory(pid).pssKb;
  let sinceMs = performance.now();
  while (performance.now() < endsAtMs && performance.now() - sinceMs < STEADY_MS) {
    await sleep(250);
    const now = readMemory(pid).pssKb;
    if (Math.abs(now - last) <= last / 100) continue;
    last = now;
    sinceMs = performance.now();
  }
}
