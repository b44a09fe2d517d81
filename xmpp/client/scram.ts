import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { XmppFailure } from './failure.ts';

const deriveKey = promisify(pbkdf2);

/** RFC 5802 section 5.1 asks for at least 4096; more than a million is a way to burn our processor. */
const ITERATIONS_MIN = 4096;
const ITERATIONS_MAX = 1_000_000;

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** One login by SCRAM (RFC 5802; SHA-256: RFC 7677) on node's own crypto, without channel binding. */
export class ScramExchange {
  readonly #hash: 'sha1' | 'sha256';
  readonly #keyLength: number;
  readonly #credentials: Credentials;
  readonly #clientNonce: string;
  readonly #clientFirstBare: string;
  #serverSignature: Buffer | null = null;
  #isVerified = false;

  constructor(hash: 'sha1' | 'sha256', credentials: Credentials, clientNonce = randomBytes(18).toString('base64')) {
    this.#hash = hash;
    this.#keyLength = hash === 'sha1' ? 20 : 32;
    this.#credentials = credentials;
    this.#clientNonce = clientNonce;
    this.#clientFirstBare = `n=${saslName(credentials.username)},r=${clientNonce}`;
  }

  /** client-first-message: `n,,` says that we don't support channel binding. */
  clientFirst(): string {
    return `n,,${this.#clientFirstBare}`;
  }

  /** client-final-message for a server-first-message. */
  async clientFinal(serverFirst: string): Promise<string> {
    const { nonce, salt, iterations } = this.#readServerFirst(serverFirst);
    const password = Buffer.from(this.#credentials.password.normalize('NFKC'), 'utf8');
    const salted = await deriveKey(password, salt, iterations, this.#keyLength, this.#hash);
    const clientKey = this.#hmac(salted, 'Client Key');
    // `biws` is base64 of the header `n,,` of the first message.
    const withoutProof = `c=biws,r=${nonce}`;
    const authMessage = `${this.#clientFirstBare},${serverFirst},${withoutProof}`;
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), authMessage);
    const clientSignature = this.#hmac(this.#digest(clientKey), authMessage);
    const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
  }

  /** Checks the server-final-message: only who knows the password's keys can sign it. */
  verify(serverFinal: string): void {
    const fields = readFields(serverFinal);
    const signature = Buffer.from(fields.get('v') ?? '', 'base64');
    const wanted = this.#serverSignature;
    if (!wanted || signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) {
      throw new XmppFailure(
        'server-not-authentic',
        "The server's SCRAM signature is wrong: it does not know the password",
      );
    }
    this.#isVerified = true;
  }

  get isVerified(): boolean {
    return this.#isVerified;
  }

  #readServerFirst(message: string): { nonce: string; salt: Buffer; iterations: number } {
    const fields = readFields(message);
    const nonce = fields.get('r') ?? '';
    const iterations = Number(fields.get('i'));
    const salt = Buffer.from(fields.get('s') ?? '', 'base64');
    // RFC 5802 section 5.1: the server's nonce must begin with ours and add to it; an `m=` extension must be refused.
    if (fields.has('m') || !nonce.startsWith(this.#clientNonce) || nonce === this.#clientNonce || salt.length === 0) {
      throw new XmppFailure('server-not-authentic', 'The server answered SCRAM with a wrong nonce or salt');
    }
    if (!Number.isInteger(iterations) || iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
      throw new XmppFailure('protocol', `The server asks for ${fields.get('i') ?? 'no'} SCRAM iterations`);
    }
    return { nonce, salt, iterations };
  }

  #hmac(key: Buffer, data: string): Buffer {
    return createHmac(this.#hash, key).update(data).digest();
  }

  #digest(data: Buffer): Buffer {
    return createHash(this.#hash).update(data).digest();
  }
}

/** saslname (RFC 5802 section 7): `,` and `=` have a meaning in the message. */
function saslName(username: string): string {
  return username.normalize('NFKC').replace(/=/g, '=3D').replace(/,/g, '=2C');
}

function readFields(message: string): ReadonlyMap<string, string> {
  return new Map(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]));
}
