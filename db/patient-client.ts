import { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import type { Clock } from '../src/lib/clock.ts';

/** Signing in takes so many answers at most: whether the server speaks TLS, and three of SCRAM. */
export const SIGN_IN_ANSWERS = 4;
/** Looks at the socket in one time limit. */
const LOOKS = 5;

export interface Patience {
  /** Longest time without anything from the server while the connection is made. */
  readonly silenceMs: number;
  readonly clock: Clock;
}

type Connected = (error: Error | null, client?: Client) => void;

/**
 * A client that gives a server up which says nothing for a time, and waits for one whose answers are late. pg's own limit is for all answers of signing in
 * together: with it a server that takes 2 s for each could be worked with, and never be connected to.
 */
export class PatientClient extends Client {
  readonly #socket: Socket;
  readonly #patience: Patience;

  constructor(config: ClientConfig, patience: Patience) {
    // Made here: where the server speaks TLS pg puts another one in its place, and this one goes on counting.
    const made = config.stream?.();
    const socket = made instanceof Socket ? made : new Socket();
    super({ ...config, stream: () => socket, connectionTimeoutMillis: SIGN_IN_ANSWERS * patience.silenceMs });
    this.#socket = socket;
    this.#patience = patience;
  }

  override connect(): Promise<Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: Client) => void)): void;
  override connect(
    callback?: ((error: Error) => void) | ((error: null, client: Client) => void),
  ): Promise<Client> | undefined {
    const end = this.#watch();
    if (callback === undefined) return super.connect().finally(end);
    const tell = callback as Connected;
    const connected: Connected = (error, client) => {
      end();
      tell(error, client);
    };
    super.connect(connected as (error: Error) => void);
    return undefined;
  }

  /** Returns what ends it. */
  #watch(): () => void {
    const { clock, silenceMs } = this.#patience;
    const socket = this.#socket;
    let heard = 0;
    let heardAtMs = clock.now();
    let cancel: () => void = () => undefined;
    const look = () => {
      const nowMs = clock.now();
      if (socket.bytesRead !== heard) heardAtMs = nowMs;
      heard = socket.bytesRead;
      // As pg says it.
      if (nowMs - heardAtMs >= silenceMs) socket.destroy(new Error('timeout expired'));
      else cancel = clock.after(silenceMs / LOOKS, look);
    };
    look();
    return () => cancel();
  }
}

/** For a pool, which makes its clients itself. */
export function patientClients(patience: Patience): new () => Client {
  return class extends PatientClient {
    constructor(config: ClientConfig = {}) {
      super(config, patience);
    }
  };
}
