import type { FastifyInstance } from 'fastify';
import { isAppError } from '../errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../log.ts';
import { listen } from './server.ts';

/** Between two tries to open a port that another process has. */
const AGAIN_MS = 1_000;

export interface PatientPortOptions {
  readonly server: FastifyInstance;
  readonly address: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  readonly log: Logger;
  /** Called once, with the address in use. */
  onOpen(url: string): void;
}

/**
 * The port of a process that is, or was, a standby: under the same configuration on one machine the process that acts has it, and one that stands
 * still keeps it until it wakes. Tried again each second, said once.
 */
export class PatientPort {
  readonly #options: PatientPortOptions;
  #isTold = false;
  #isClosed = false;
  #cancel: () => void = () => undefined;

  constructor(options: PatientPortOptions) {
    this.#options = options;
  }

  /** Opens it, or begins to wait for it. @throws AppError HTTP_ADDRESS when it is no address of this machine */
  async open(): Promise<void> {
    const { server, address, clock, log, onOpen } = this.#options;
    try {
      const url = await listen(server, address);
      if (this.#isTold) log.info({ httpUrl: url }, 'The HTTP port is free: the API is served');
      onOpen(url);
    } catch (error) {
      if (!isPortTaken(error)) throw error;
      if (this.#isClosed) return;
      if (!this.#isTold)
        log.warn({ reason: (error as Error).message }, 'The HTTP port is taken: tried again each second');
      this.#isTold = true;
      this.#cancel = clock.after(AGAIN_MS, () => {
        this.open().catch((fault: unknown) => log.error({ err: fault }, 'The HTTP port could not be opened'));
      });
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#options.server.close();
  }
}

function isPortTaken(error: unknown): boolean {
  return isAppError(error, 'HTTP_ADDRESS') && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
}
