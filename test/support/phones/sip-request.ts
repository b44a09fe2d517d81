import { createHash, randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { SipAccount } from './baresip.ts';
import { parseSip, type SipMessage } from './sip-message.ts';

/** What somebody sends who does as they like. */
export interface SipRequest {
  readonly method: 'INVITE' | 'OPTIONS' | 'REGISTER';
  readonly host: string;
  readonly port: number;
  /** User part of the request's address; empty for a REGISTER. */
  readonly number: string;
  /** User part of From; of a REGISTER of To, too. */
  readonly from: string;
  /** Further header lines. */
  readonly headers?: readonly string[];
  /** Answers a challenge with it. */
  readonly account?: Pick<SipAccount, 'user' | 'password'>;
  /** Own address. @default '127.0.0.1' */
  readonly ownHost?: string;
}

const LIMIT_MS = 30_000;

/**
 * Sends one request from a socket of its own and answers the final response's status; a challenge is answered first when there is an account.
 * A call that is answered is left to the other side's limits.
 */
export async function sendSip(request: SipRequest): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, request.ownHost ?? '127.0.0.1', resolve));
  try {
    const callId = randomUUID();
    const first = await exchange(socket, request, { callId, sequence: 1, headers: [] });
    const status = first.status ?? 0;
    if ((status !== 401 && status !== 407) || request.account === undefined) return status;
    const headers = [credentials(request, request.account, first)];
    return (await exchange(socket, request, { callId, sequence: 2, headers })).status ?? 0;
  } finally {
    socket.close();
  }
}

interface Try {
  readonly callId: string;
  readonly sequence: number;
  readonly headers: readonly string[];
}

/** Without a number, as a REGISTER has it, the address is the server's. */
const addressOf = ({ number, host, port }: SipRequest) => `sip:${number === '' ? '' : `${number}@`}${host}:${port}`;

async function exchange(socket: Socket, request: SipRequest, attempt: Try): Promise<SipMessage> {
  const { host, port, method } = request;
  return await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`No answer to ${method} from ${host}:${port}`)), LIMIT_MS);
    const onMessage = (data: Buffer) => {
      const message = parseSip(String(data), { atMs: Date.now(), direction: 'in' });
      if (message?.status === undefined || message.status < 200) return;
      if (!message.headers.get('cseq')?.startsWith(`${attempt.sequence} `)) return;
      clearTimeout(timer);
      socket.off('message', onMessage);
      if (method === 'INVITE')
        socket.send(text('ACK', request, attempt, socket, message.headers.get('to')), port, host);
      resolve(message);
    };
    socket.on('message', onMessage);
    socket.send(text(method, request, attempt, socket), port, host);
  });
}

function text(method: string, request: SipRequest, attempt: Try, socket: Socket, to?: string): string {
  const { address, port } = socket.address();
  const own = `${address}:${port}`;
  const target = request.method === 'REGISTER' ? { ...request, number: request.from } : request;
  return [
    `${method} ${addressOf(request)} SIP/2.0`,
    `Via: SIP/2.0/UDP ${own};branch=z9hG4bK${attempt.callId}${attempt.sequence};rport`,
    'Max-Forwards: 70',
    `From: <sip:${request.from}@${request.host}>;tag=${attempt.callId}`,
    `To: ${to ?? `<${addressOf(target)}>`}`,
    `Call-ID: ${attempt.callId}`,
    `CSeq: ${attempt.sequence} ${method}`,
    `Contact: <sip:${request.from}@${own}>`,
    ...(method === 'ACK' ? [] : [...(request.headers ?? []), ...attempt.headers]),
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}

/** RFC 2617 without qop, which every server still takes. */
function credentials(
  request: SipRequest,
  { user, password }: { user: string; password: string },
  challenge: SipMessage,
) {
  const isProxy = challenge.status === 407;
  const said = challenge.headers.get(isProxy ? 'proxy-authenticate' : 'www-authenticate') ?? '';
  const value = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(said)?.[1] ?? '';
  const md5 = (plain: string) => createHash('md5').update(plain).digest('hex');
  const uri = addressOf(request);
  const secret = md5(`${user}:${value('realm')}:${password}`);
  const response = md5(`${secret}:${value('nonce')}:${md5(`${request.method}:${uri}`)}`);
  const fields = { username: user, realm: value('realm'), nonce: value('nonce'), uri, response };
  const list = Object.entries(fields).map(([name, field]) => `${name}="${field}"`);
  return `${isProxy ? 'Proxy-Authorization' : 'Authorization'}: Digest ${list.join(', ')}`;
}
