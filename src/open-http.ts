import type { Config, Secrets } from './config/config.ts';
import { PatientPort } from './http/patient-port.ts';
import { createHttpServer, type HttpServerOptions, listen } from './http/server.ts';
import { systemClock } from './lib/clock.ts';
import type { ReleaserStack } from './lib/releasers.ts';
import type { Lease } from './ports/lease.ts';

export interface HttpOptions extends Omit<HttpServerOptions, 'apiToken'> {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly lease: Pick<Lease, 'tell'>;
  /** Whether this process has waited for its turn. */
  readonly wasStandby: boolean;
}

export interface Http {
  /**
   * Serves the API of the process that acts, and answers where. Who has taken over may have to wait for the port, and has no address till then; at
   * any other start a port that is taken is a fault.
   * @throws AppError HTTP_ADDRESS
   */
  open(): Promise<string | null>;
}

/** Closed after the calls, whose end it is asked about, when it is built before them; opened when there is time. */
export function buildHttp(
  { config, secrets, lease, wasStandby, ...options }: HttpOptions,
  releasers: ReleaserStack,
): Http {
  let port: PatientPort | null = null;
  releasers.add('http', () => port?.close());
  return {
    async open() {
      const server = await createHttpServer({ ...options, apiToken: secrets.apiToken });
      const address = config.http.listen;
      let httpUrl: string | null = null;
      const onOpen = (url: string) => {
        httpUrl = url;
        lease.tell({ httpUrl });
      };
      port = new PatientPort({ server, address, clock: systemClock, log: options.log, onOpen });
      if (wasStandby) await port.open();
      else onOpen(await listen(server, address));
      return httpUrl;
    },
  };
}
