import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { freePort } from '../phones/processes.ts';

const PASSWORD = 'tried';
/** A port that was free may have been taken by another program when Icecast comes to it. */
const PORTS_TRIED = 5;

/** A private Icecast on loopback, which can be killed and started again at the same port. */
export class Icecast {
  readonly port: number;
  readonly #folder: string;
  /** By which it is told from another program at its port. */
  readonly #name = `icecast-${randomUUID()}`;
  #server: ChildProcess | null = null;
  readonly #sources = new Set<ChildProcess>();

  static async start(): Promise<Icecast> {
    for (let tries = 1; ; tries++) {
      const icecast = new Icecast(await freePort());
      try {
        await icecast.up();
        return icecast;
      } catch (error) {
        await icecast.close();
        if (tries === PORTS_TRIED) throw error;
      }
    }
  }

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'queueapp-icecast-'));
    // Icecast refuses to be root; nobody must be able to write its log.
    chmodSync(this.#folder, 0o777);
    writeFileSync(join(this.#folder, 'icecast.xml'), configuration(this.#name, port, this.#folder));
  }

  address(mount: string): string {
    return `http://127.0.0.1:${this.port}${mount}`;
  }

  async up(): Promise<void> {
    const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const [command = '', ...args] = [...asNobody, 'icecast2', '-c', join(this.#folder, 'icecast.xml')];
    const server = spawn(command, args, { stdio: 'ignore' });
    this.#server = server;
    await eventually('Icecast answers', async () => {
      if (server.exitCode !== null)
        throw new Error(`Icecast has ended with ${server.exitCode}: port ${this.port} taken?`);
      return (await this.#status())?.headers.get('server') === this.#name;
    });
  }

  /** What it says of itself; null while it does not answer. */
  #status(): Promise<Response | null> {
    return fetch(this.address('/status-json.xsl')).catch(() => null);
  }

  /** Ends the server in the middle of everything, and its sources with it. */
  async kill(): Promise<void> {
    await this.stopSources();
    await end(this.#server);
    this.#server = null;
  }

  /** Sends what ffmpeg makes of its input, at its pace, encoded by the given arguments. */
  async source(mount: string, { input, encode, type }: Source): Promise<void> {
    const target = `icecast://source:${PASSWORD}@127.0.0.1:${this.port}${mount}`;
    const args = ['-hide_banner', '-loglevel', 'error', '-re', ...input, '-ac', '2', '-ar', '44100', ...encode];
    const source = spawn('ffmpeg', [...args, '-content_type', type, target], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#sources.add(source);
    await eventually(`the mount ${mount} is there`, async () =>
      (await (await this.#status())?.text())?.includes(mount),
    );
  }

  async stopSources(): Promise<void> {
    for (const source of this.#sources) await end(source);
    this.#sources.clear();
  }

  /** Changes the title as a source client does. */
  async retitle(mount: string, title: string): Promise<void> {
    const query = new URLSearchParams({ mount, mode: 'updinfo', song: title, charset: 'UTF-8' });
    const authorization = `Basic ${Buffer.from(`source:${PASSWORD}`).toString('base64')}`;
    const answer = await fetch(this.address(`/admin/metadata?${query}`), { headers: { authorization } });
    if (!answer.ok) throw new Error(`Icecast refuses the title: ${answer.status}`);
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export interface Source {
  readonly input: readonly string[];
  readonly encode: readonly string[];
  readonly type: string;
}

/** Level of a tone: ffmpeg's sine has an eighth of full scale, and it goes 3 dB down when it is put on two sides. */
export const TONE_DBFS = -24.1;

/** A tone for ffmpeg. */
export function toneInput(hz: number): string[] {
  return ['-f', 'lavfi', '-i', `sine=frequency=${hz}:sample_rate=44100`];
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

function configuration(name: string, port: number, folder: string): string {
  return `<icecast>
  <limits><clients>50</clients><sources>10</sources><queue-size>524288</queue-size><source-timeout>10</source-timeout>
    <burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size></limits>
  <authentication><source-password>${PASSWORD}</source-password><admin-user>admin</admin-user>
    <admin-password>${PASSWORD}</admin-password></authentication>
  <hostname>127.0.0.1</hostname><server-id>${name}</server-id>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths><basedir>/usr/share/icecast2</basedir><logdir>${folder}</logdir><webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot></paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
</icecast>
`;
}
