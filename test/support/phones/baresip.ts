import { once } from 'node:events';
import { open, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort, Program, temporaryFolder } from './processes.ts';
import { Recorder } from './recorder.ts';
import { parseSip, type SipMessage } from './sip-message.ts';
import { Changes } from './waiting.ts';

/** Where Asterisk is, and who is calling it: the values of `install/stack env`. */
export interface SipAccount {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** How an endpoint presents itself and what it sends. */
export interface EndpointOptions {
  readonly account: SipAccount;
  /** From: by default the account's user without a name. */
  readonly from?: { readonly number: string; readonly name?: string; readonly domain?: string };
  readonly registers: boolean;
  /** @default PCMU */
  readonly codec?: 'PCMU' | 'PCMA' | 'G722';
  /** Frequency of a tone that it speaks the whole time; silence by default. */
  readonly speaksHz?: number;
}

const START_LIMIT_MS = 30_000;
const COMMAND_LIMIT_MS = 30_000;
/** What baresip prints when all of its modules are there, or not there. */
const IS_READY = 'baresip is ready.';
const HAS_NO_CONTROL = 'ctrl_tcp: failed to listen';
/** A port that was free may have been taken by another program when baresip comes to it. */
const PORTS_TRIED = 5;
/** The sound that is sent ends after this time, and baresip hangs up then. It reads the whole of it into memory. */
const LONGEST_CALL_S = 600;
/** baresip ends by itself after this time, if the test process died without ending it. */
const LONGEST_LIFE_S = 1_800;

/** A command that baresip did not carry out: `hangup` of a call that it does not know any more, for instance. */
export class CommandRefused extends Error {}

/** A digit that was received as RFC 4733 event. */
export interface ReceivedDigit {
  readonly atMs: number;
  readonly callId: string;
  readonly digit: string;
}

/** One baresip process: a SIP endpoint that is driven over its `ctrl_tcp` module and read from its SIP trace. */
export class Baresip {
  readonly changes = new Changes();
  readonly messages: SipMessage[] = [];
  readonly digits: ReceivedDigit[] = [];
  readonly account: SipAccount;
  readonly recorder: Recorder;
  readonly #program: Program;
  readonly #control: Socket;
  readonly #replies = new Map<string, { ok: boolean; data: string }>();
  #commands = 0;
  #isClosed = false;
  /** What was begun by `inTurn` last; never rejects. */
  #turn: Promise<unknown> = Promise.resolve();
  #unread = '';
  #controlUnread = Buffer.alloc(0);

  private constructor(account: SipAccount, program: Program, control: Socket) {
    this.account = account;
    this.#program = program;
    this.#control = control;
    this.recorder = new Recorder(program.folder, () => this.changes.notify());
    control.setEncoding('utf8');
    control.on('data', (text: string) => this.#readControl(text));
    control.on('error', () => {});
  }

  /** Starts baresip in a folder of its own; it is ready for commands then. `nextPort` says where it may listen for them. */
  static async start(options: EndpointOptions, nextPort: () => Promise<number> = freePort): Promise<Baresip> {
    for (let tries = 1; ; tries++) {
      const baresip = await Baresip.#startAt(await nextPort(), options);
      if (baresip !== 'port taken') return baresip;
      if (tries === PORTS_TRIED) throw new Error(`baresip found none of ${PORTS_TRIED} ports free for its commands`);
    }
  }

  static async #startAt(controlPort: number, options: EndpointOptions): Promise<Baresip | 'port taken'> {
    const folder = await temporaryFolder('phone');
    const sampleRate = options.codec === 'G722' ? 16_000 : 8_000;
    await writeFile(
      join(folder, 'config'),
      configuration({ folder, controlPort, sampleRate, host: options.account.host }),
    );
    await writeFile(join(folder, 'accounts'), accountLine(options));
    await writeFile(join(folder, 'contacts'), '');
    await writeVoice(join(folder, 'voice.wav'), sampleRate, options.speaksHz);
    let onOutput: (text: string) => void = () => {};
    const program = await Program.start(
      'baresip',
      ['-4', '-f', folder, '-s', '-t', String(LONGEST_LIFE_S)],
      folder,
      (text) => onOutput(text),
    );
    try {
      await untilReady(program);
      if (program.output.includes(HAS_NO_CONTROL)) {
        await program.close();
        return 'port taken';
      }
      const control = await connectControl(program, controlPort);
      const baresip = new Baresip(options.account, program, control);
      onOutput = (text) => baresip.#readTrace(text);
      baresip.#readTrace(program.output);
      return baresip;
    } catch (error) {
      await program.close();
      throw error;
    }
  }

  /** Gives a command as a person would type it after a slash (`dial`, `sndcode`, `accept`, `hangup`, …). */
  async command(command: string, params?: string): Promise<string> {
    this.#commands += 1;
    const token = String(this.#commands);
    const json = JSON.stringify({ command, params, token });
    this.#control.write(`${Buffer.byteLength(json)}:${json},`);
    const look = (): { ok: boolean; data: string } | undefined => {
      if (this.#isClosed) throw new Error(`The phone was closed before it answered to ${command}`);
      return this.#replies.get(token);
    };
    const reply = await this.changes.until(look, { what: `baresip's answer to ${command}`, limitMs: COMMAND_LIMIT_MS });
    this.#replies.delete(token);
    if (!reply.ok) throw new CommandRefused(`baresip refused ${command} ${params ?? ''}: ${reply.data}`);
    return reply.data;
  }

  /** Commands that belong together: what chooses a call and what is meant for it are not torn apart by what is meant for another call. */
  inTurn<T>(commands: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(commands);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  /** Sends a signal to the process: SIGSTOP is a phone that does not answer any more, SIGKILL one that is gone. */
  signal(signal: NodeJS.Signals): void {
    this.#program.signal(signal);
  }

  /** Ends the process and removes its files; calls are hung up, a registration is taken back when the server answers. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.changes.notify();
    await this.recorder.close();
    this.#control.destroy();
    await this.#program.close();
  }

  // The trace brackets every message by an escape sequence for colour, and by one that ends it.
  #readTrace(text: string): void {
    const atMs = Date.now();
    this.#unread += text;
    for (;;) {
      const end = this.#unread.indexOf('\x1b[;m\n');
      if (end < 0) break;
      const block = this.#unread.slice(0, end);
      this.#unread = this.#unread.slice(end + 5);
      const start = block.lastIndexOf('\x1b[36;1m#\n');
      const [line = '', ...rest] = block.slice(start + 9).split('\n');
      const route = /^\w+ (\S+) -> (\S+)$/.exec(line);
      if (start < 0 || !route) continue;
      const isFromServer = route[1] === `${this.account.host}:${this.account.port}`;
      const message = parseSip(rest.join('\n'), { atMs, direction: isFromServer ? 'in' : 'out' });
      if (message) this.messages.push(message);
    }
    this.changes.notify();
  }

  // JSON in netstrings; lengths count bytes, and everything that baresip says here is ASCII or escaped.
  #readControl(text: string): void {
    const atMs = Date.now();
    for (const object of this.#netstrings(text)) {
      const told = object as {
        response?: boolean;
        ok?: boolean;
        data?: string;
        token?: string;
        type?: string;
        id?: string;
        param?: string;
      };
      if (told.response && told.token !== undefined)
        this.#replies.set(told.token, { ok: told.ok === true, data: told.data ?? '' });
      if (told.type === 'CALL_DTMF_START' && told.id && told.param)
        this.digits.push({ atMs, callId: told.id, digit: told.param });
    }
    this.changes.notify();
  }

  *#netstrings(text: string): Generator<unknown> {
    this.#controlUnread = Buffer.concat([this.#controlUnread, Buffer.from(text)]);
    for (;;) {
      const colon = this.#controlUnread.indexOf(':');
      if (colon < 0) return;
      const length = Number(this.#controlUnread.toString('latin1', 0, colon));
      if (this.#controlUnread.length < colon + length + 2) return;
      const json = this.#controlUnread.toString('utf8', colon + 1, colon + 1 + length);
      this.#controlUnread = this.#controlUnread.subarray(colon + length + 2);
      yield JSON.parse(json);
    }
  }
}

function configuration({
  folder,
  controlPort,
  sampleRate,
  host,
}: {
  folder: string;
  controlPort: number;
  sampleRate: number;
  host: string;
}): string {
  const modules = ['g711.so', 'g722.so', 'aufile.so', 'sndfile.so'].map((module) => `module ${module}`);
  return [
    'poll_method epoll',
    `sip_listen ${host.startsWith('127.') ? '127.0.0.1' : '0.0.0.0'}:0`,
    // Without it the SDP names another interface's address, and there may be none.
    ...(host.startsWith('127.') ? ['net_interface 127.0.0.1'] : []),
    'call_local_timeout 600',
    'call_max_calls 16',
    // Else it writes ten times a second how the call is, and stands still, deaf and dumb, when this process does not get to reading that for two seconds.
    'statmode_default off',
    'audio_player none,none',
    'audio_alert none,none',
    `audio_source aufile,${join(folder, 'voice.wav')}`,
    ...['ausrc', 'auplay'].flatMap((end) => [`${end}_srate ${sampleRate}`, `${end}_channels 1`, `${end}_format s16`]),
    'auenc_format s16',
    'audec_format s16',
    'rtp_ports 30000-39998',
    // None: that of 1.0.0 drops all packets for minutes when their source changes before it holds two, and loopback has no jitter.
    'jitter_buffer_delay 0-0',
    `snd_path ${folder}`,
    `ctrl_tcp_listen 127.0.0.1:${controlPort}`,
    'module_path /usr/lib/baresip/modules',
    ...modules,
    'module_tmp account.so',
    'module_app menu.so',
    'module_app ctrl_tcp.so',
    '',
  ].join('\n');
}

function accountLine({ account, from, registers, codec = 'PCMU' }: EndpointOptions): string {
  const { host, port, user, password } = account;
  const { number, name = '', domain = `${host}:${port}` } = from ?? { number: user };
  for (const value of [user, password, number, domain]) {
    if (!/^[A-Za-z0-9+*#._:%-]*$/.test(value))
      throw new Error(`baresip's account file cannot hold ${JSON.stringify(value)}: use sipp for it`);
  }
  if (/["\\<>\r\n]/.test(name))
    throw new Error(`baresip cannot send the name ${JSON.stringify(name)}: use sipp for it`);
  const settings = [
    `auth_user=${user}`,
    `auth_pass=${password}`,
    `outbound="sip:${host}:${port};transport=udp"`,
    'answermode=manual',
    `audio_codecs=${codec}/${codec === 'G722' ? 16000 : 8000}/1`,
    `regint=${registers ? 300 : 0}`,
  ];
  return `${name === '' ? '' : `"${name}" `}<sip:${number === '' ? '' : `${number}@`}${domain}>;${settings.join(';')}\n`;
}

/** Writes what the endpoint speaks: a tone, or silence as a hole in the file, which takes no room on the disk. */
async function writeVoice(path: string, sampleRate: number, speaksHz: number | undefined): Promise<void> {
  const bytesPerSecond = sampleRate * 2;
  const header = Buffer.alloc(44);
  header.write('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1');
  header.writeUInt32LE(36 + LONGEST_CALL_S * bytesPerSecond, 4);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(bytesPerSecond, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36, 'latin1');
  header.writeUInt32LE(LONGEST_CALL_S * bytesPerSecond, 40);
  const file = await open(path, 'w');
  await file.write(header);
  if (speaksHz !== undefined) {
    if (!Number.isInteger(speaksHz))
      throw new Error('A tone needs whole hertz, so that its seconds join without a click');
    const second = Buffer.alloc(bytesPerSecond);
    for (let index = 0; index < sampleRate; index += 1)
      second.writeInt16LE(Math.round(6500 * Math.sin((2 * Math.PI * speaksHz * index) / sampleRate)), index * 2);
    await file.writev(Array.from({ length: LONGEST_CALL_S }, () => second));
  }
  await file.truncate(44 + LONGEST_CALL_S * bytesPerSecond);
  await file.close();
}

/** Before that, it may be another program that listens at its port. */
async function untilReady(program: Program): Promise<void> {
  const limit = Date.now() + START_LIMIT_MS;
  while (!program.output.includes(IS_READY)) {
    if (!program.isRunning || Date.now() > limit) throw new Error(`baresip did not start:\n${program.output}`);
    await program.ended(20);
  }
}

async function connectControl(program: Program, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return socket;
  } catch (error) {
    socket.destroy();
    throw new Error(`baresip takes no commands: ${String(error)}\n${program.output}`);
  }
}
