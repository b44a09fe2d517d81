import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

type Answer = (number: string, request: IncomingMessage, response: ServerResponse) => unknown;

/** Answers with this JSON, whoever asks. */
export const jsonAnswer =
  (body: unknown, status = 200): Answer =>
  (_number, _request, response) =>
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));

/** A company's billing over real HTTP, `/accounts?phone=NUMBER`, that answers as a test wants, or misbehaves. */
export class BillingServer {
  answer: Answer = () => undefined;
  /** What was asked since the last {@link reset}. */
  asked: { readonly url: string; readonly number: string; readonly headers: IncomingMessage['headers'] }[] = [];
  /** Most requests that were open at one time since the last {@link reset}. */
  openMax = 0;
  #open = 0;
  readonly #server: Server;
  readonly #drips = new Set<NodeJS.Timeout>();

  private constructor() {
    this.#server = createServer((request, response) => {
      const url = request.url ?? '';
      const number = new URL(url, 'http://billing').searchParams.get('phone') ?? '';
      this.asked.push({ url, number, headers: request.headers });
      this.#open++;
      this.openMax = Math.max(this.openMax, this.#open);
      response.once('close', () => this.#open--);
      this.answer(number, request, response);
    });
  }

  static async start(): Promise<BillingServer> {
    const billing = new BillingServer();
    await new Promise<void>((resolve) => billing.#server.listen(0, '127.0.0.1', resolve));
    return billing;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The billing does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Requests that are open now. */
  get open(): number {
    return this.#open;
  }

  reset(): void {
    this.answer = () => undefined;
    this.asked = [];
    this.openMax = 0;
  }

  /** Sends a blank every 20 ms and never an end. */
  drip(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' });
    const drip = setInterval(() => response.write(' '), 20);
    this.#drips.add(drip);
    response.once('close', () => {
      clearInterval(drip);
      this.#drips.delete(drip);
    });
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    for (const drip of this.#drips) clearInterval(drip);
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
