import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Datagram, readCapture } from '../audio/pcap.ts';
import { freePort, Program, temporaryFolder } from './processes.ts';
import { Changes, pause } from './waiting.ts';

const FILE = 'capture.pcapng';

/**
 * A capture of what goes over loopback (dumpcap, which needs root or membership in the group `wireshark`): for the times at
 * which single packets were sent. For what somebody hears, `Call.recording()` needs neither.
 */
export class Capture {
  readonly #program: Program;
  readonly #markerPort: number;

  private constructor(program: Program, markerPort: number) {
    this.#program = program;
    this.#markerPort = markerPort;
  }

  /** Begins; `filter` is a capture filter like `udp port 5060`. Ready when it answers. */
  static async start(filter = 'udp'): Promise<Capture> {
    const folder = await temporaryFolder('capture');
    const markerPort = await freePort();
    const wanted = `(${filter}) or udp dst port ${markerPort}`;
    const program = await Program.start('dumpcap', ['-q', '-i', 'lo', '-f', wanted, '-w', FILE], folder);
    const changes = new Changes();
    const timer = setInterval(() => changes.notify(), 20);
    try {
      // It names its file when it has begun; when it may not, it ends and says why.
      await changes.until(() => (program.output.includes('File: ') || !program.isRunning ? true : undefined), {
        what: 'dumpcap',
        limitMs: 30_000,
      });
      if (!program.isRunning) throw new Error(`dumpcap cannot capture:\n${program.output}`);
      return new Capture(program, markerPort);
    } catch (error) {
      await program.close();
      throw error;
    } finally {
      clearInterval(timer);
    }
  }

  /** Waits until enough was captured; what is captured comes to the file a little later. */
  async until(what: string, isEnough: (datagrams: readonly Datagram[]) => boolean, limitMs = 30_000): Promise<void> {
    const limitAtMs = Date.now() + limitMs;
    while (!isEnough(readCapture(await readFile(join(this.#program.folder, FILE))))) {
      if (Date.now() > limitAtMs || !this.#program.isRunning)
        throw new Error(`Not captured within ${limitMs} ms: ${what}\n${this.#program.output}`);
      await pause(50);
    }
  }

  /** Ends it, whatever has become of the test. Idempotent. */
  async close(): Promise<void> {
    await this.#program.close();
  }

  /** Ends it and answers what was captured up to now; once. */
  async stop(): Promise<Datagram[]> {
    try {
      // The newest packets lie in the kernel's buffer, and dumpcap leaves them there when it ends: wait for one sent last.
      const isMarker = ({ to }: Datagram): boolean => to === `127.0.0.1:${this.#markerPort}`;
      const limitAtMs = Date.now() + 30_000;
      await sendMarker(this.#markerPort);
      for (;;) {
        const datagrams = readCapture(await readFile(join(this.#program.folder, FILE)));
        if (datagrams.some(isMarker)) return datagrams.filter((datagram) => !isMarker(datagram));
        if (Date.now() > limitAtMs || !this.#program.isRunning)
          throw new Error(`dumpcap lost packets:\n${this.#program.output}`);
        await pause(50);
      }
    } finally {
      await this.#program.close();
    }
  }
}

async function sendMarker(port: number): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.send('the end', port, '127.0.0.1', resolve);
  });
  socket.close();
}
