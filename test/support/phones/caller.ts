import { Baresip, type EndpointOptions } from './baresip.ts';
import { Call } from './call.ts';

/** Who calls what, and how they present themselves. */
export interface DialOptions extends Omit<EndpointOptions, 'registers'> {
  /** The number to dial, `*` and `#` included. */
  readonly number: string;
  /** Waited for when the endpoint is there, before it dials. @default nothing */
  readonly ready?: () => Promise<unknown>;
}

/** An anonymous caller's From (RFC 3323). */
export const ANONYMOUS = { number: 'anonymous', name: 'Anonymous', domain: 'anonymous.invalid' } as const;

/** A caller with one call and a baresip of their own. */
export class Caller extends Call {
  readonly #baresip: Baresip;

  constructor(baresip: Baresip, call: Call) {
    super(baresip, call.invite);
    this.#baresip = baresip;
  }

  /** Ends the call, if it goes on, and the program. */
  async close(): Promise<void> {
    await this.#baresip.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Starts a SIP endpoint and dials; answers as soon as the INVITE is on its way. */
export async function dial(options: DialOptions): Promise<Caller> {
  const baresip = await Baresip.start({ ...options, registers: false });
  try {
    await options.ready?.();
    return new Caller(baresip, await dialFrom(baresip, options.number));
  } catch (error) {
    await baresip.close();
    throw error;
  }
}

/** Dials from an endpoint that is already there. */
export async function dialFrom(baresip: Baresip, number: string): Promise<Call> {
  if (!/^[A-Za-z0-9+*#.-]+$/.test(number)) throw new Error(`${number} cannot be dialled`);
  const { host, port } = baresip.account;
  const from = baresip.messages.length;
  await baresip.inTurn(() => baresip.command('dial', `sip:${number.replaceAll('#', '%23')}@${host}:${port}`));
  // A tag in To: it is about a call that is there already, which has been put on hold.
  const isInvite = ({ method, status, direction, headers }: Baresip['messages'][number]): boolean =>
    method === 'INVITE' && status === undefined && direction === 'out' && !headers.get('to')?.includes(';tag=');
  const invite = await baresip.changes.until(() => baresip.messages.slice(from).find(isInvite), {
    what: `the INVITE to ${number}`,
    limitMs: 30_000,
  });
  return new Call(baresip, invite);
}
