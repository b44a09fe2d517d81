import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SipAccount } from './baresip.ts';
import { answeringScenario, callerScenario } from './load-scenarios.ts';
import { freePort, temporaryFolder } from './processes.ts';
import { registerAll, Sipp } from './sipp.ts';
import { failuresIn } from './sipp-errors.ts';

/** A load of callers: how many, how fast, for how long each. */
export interface LoadOptions {
  readonly account: SipAccount;
  /** The number that every caller dials. */
  readonly number: string;
  /**
   * From as it shall stand on the wire, without tag: names and numbers that no phone would send.
   * @default the account's user
   */
  readonly from?: string;
  readonly callsPerSecond: number;
  readonly calls: number;
  /** How long a caller stays after the answer; without it, until the other side hangs up. */
  readonly stayMs?: number;
  /** How long a caller waits for an answer, and then for the other side's hang-up. @default 60000 */
  readonly patienceMs?: number;
  /** What a caller does first when somebody has answered: sipp's elements, for instance `<pause/>` and `play_dtmf`. */
  readonly afterAnswer?: string;
  /** The first caller wants the sound at the first of these ports, and so on; as many as calls. @default one port of sipp's for all */
  readonly rtpPorts?: readonly number[];
}

/** What became of a load. */
export interface LoadResult {
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  /** From the first call to the last one's end. */
  readonly tookMs: number;
  /** sipp's own statistics by column name, of the end of the run (`SuccessfulCall(C)`, `FailedUnexpectedMessage(C)`, …). */
  readonly statistics: ReadonlyMap<string, string>;
  /** The beginning of what sipp says about calls that failed. */
  readonly errors: string;
}

/** Calls a number many times over (sipp, signalling only), and tells what became of the calls. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { account, number, from, callsPerSecond, calls, stayMs, patienceMs = 60_000, afterAnswer, rtpPorts } = options;
  const ports = rtpPorts === undefined ? undefined : await portsFile(rtpPorts);
  const args = [
    '-s',
    number,
    '-r',
    String(callsPerSecond),
    '-m',
    String(calls),
    '-l',
    String(calls),
    '-trace_stat',
    '-fd',
    '1',
    '-trace_err',
    '-error_file',
    'errors.log',
    ...(ports === undefined ? [] : ['-inf', join(ports, 'ports.csv')]),
  ];
  const sipp = await Sipp.start({
    scenario: callerScenario({
      user: account.user,
      from,
      patienceMs,
      stayMs,
      afterAnswer,
      mediaPort: ports && '[field0]',
    }),
    account,
    args,
    localPort: await freePort(),
  });
  const startedAtMs = Date.now();
  try {
    const limitMs = (calls / callsPerSecond) * 1000 + 2 * patienceMs + 10_000;
    if (!(await sipp.program.ended(limitMs)))
      throw new Error(
        `sipp did not end in ${limitMs} ms:\n${sipp.program.output.slice(-3000)}${await readErrors(sipp.program.folder)}`,
      );
    const tookMs = Date.now() - startedAtMs;
    const statistics = await readStatistics(sipp.program.folder);
    const figure = (name: string): number => Number(statistics.get(name) ?? Number.NaN);
    return {
      calls: figure('TotalCallCreated'),
      successful: figure('SuccessfulCall(C)'),
      failed: figure('FailedCall(C)'),
      tookMs,
      statistics,
      errors: await readErrors(sipp.program.folder),
    };
  } finally {
    await sipp.close();
    if (ports !== undefined) await rm(ports, { recursive: true, force: true });
  }
}

/** sipp's injection file: each call takes the next line. Answers the folder. */
async function portsFile(ports: readonly number[]): Promise<string> {
  const folder = await temporaryFolder('ports');
  await writeFile(join(folder, 'ports.csv'), `SEQUENTIAL\n${ports.map((port) => `${port};\n`).join('')}`);
  return folder;
}

/** Phones that answer every call at once and hang up after a time (sipp, signalling only): all at one address. */
export class AnsweringPhones {
  /** SIP URI part after the user name, for an AOR's `contact=sip:ANY@HOST:PORT`. */
  readonly address: string;
  readonly #sipp: Sipp;
  readonly #accounts: readonly SipAccount[];

  private constructor(address: string, sipp: Sipp, accounts: readonly SipAccount[]) {
    this.address = address;
    this.#sipp = sipp;
    this.#accounts = accounts;
  }

  /**
   * Starts them on a free port of loopback, registered as the extensions of `accounts`; without any, Asterisk has to
   * know their address by an AOR's static contact.
   */
  static async plugIn({
    talkMs,
    accounts = [],
  }: {
    talkMs: number;
    accounts?: readonly SipAccount[];
  }): Promise<AnsweringPhones> {
    const localPort = await freePort();
    // From the very port that the calls shall come to: Asterisk's `rewrite_contact` takes the sender's address.
    await registerAll({ accounts, contact: '<sip:[field0]@[local_ip]:[local_port]>', expiresS: 3600, localPort });
    const sipp = await Sipp.start({ scenario: answeringScenario(talkMs), localPort });
    return new AnsweringPhones(`127.0.0.1:${localPort}`, sipp, accounts);
  }

  /** Takes their extensions' registrations back and ends them. */
  async close(): Promise<void> {
    await this.#sipp.close();
    await registerAll({ accounts: this.#accounts, contact: '*', expiresS: 0, localPort: await freePort() });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function readErrors(folder: string): Promise<string> {
  // sipp makes the file with the first error.
  const text = await readFile(join(folder, 'errors.log'), 'utf8').catch(() => '');
  return failuresIn(text).slice(0, 4000);
}

/** Reads the last line of sipp's statistics file (`;` between columns, names in the first line). */
async function readStatistics(folder: string): Promise<Map<string, string>> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.csv'));
  if (file === undefined) throw new Error('sipp wrote no statistics');
  const lines = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
  const names = (lines[0] ?? '').split(';');
  const values = (lines.at(-1) ?? '').split(';');
  return new Map(names.map((name, index) => [name, values[index] ?? '']));
}
