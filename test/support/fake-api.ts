import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCommandLine } from '../../src/cli/program.ts';
import { ScriptedTerminal } from './scripted-terminal.ts';

/** What the command line asked. */
export interface AskedRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** A running application as the command line sees it: answers what the test says. */
export class FakeApi {
  readonly asked: AskedRequest[] = [];
  /** Where `--watch` and `--follow` show something. */
  terminal = new ScriptedTerminal();
  #answer: { readonly status: number; readonly body: string } = { status: 200, body: '[]' };
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#respond(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async open(): Promise<FakeApi> {
    const api = new FakeApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    return api;
  }

  answers(body: unknown, status = 200): void {
    this.#answer = { status, body: JSON.stringify(body) };
  }

  /** Runs a command against it; tells its exit status and what it wrote. */
  async run(...args: string[]): Promise<{ status: number; out: string; error: string }> {
    const written = { out: '', error: '' };
    const write = (stream: 'out' | 'error') => (text: string) => {
      written[stream] += text;
    };
    const { port } = this.#server.address() as AddressInfo;
    const status = await runCommandLine(args, {
      env: { HTTP_URL: `http://127.0.0.1:${port}`, API_TOKEN: 'a-token-of-the-tests' },
      streams: { out: write('out'), error: write('error') },
      version: '1.2.3',
      now: () => Date.UTC(2026, 10, 20, 12, 1, 5),
      live: () => this.terminal,
      start: async () => undefined,
      check: async () => [],
      importConfiguration: () => Promise.reject(new Error('Nothing is imported here')),
    });
    return { status, ...written };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const path = (request.url ?? '').replace('/api/v1', '');
    this.asked.push({ method: request.method ?? '', path, body: body === '' ? null : JSON.parse(body) });
    response.writeHead(this.#answer.status, { 'content-type': 'application/json' }).end(this.#answer.body);
  }
}
