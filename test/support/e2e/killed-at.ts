import { AriProxy } from '../soak/ari-proxy.ts';
import type { Site } from './site.ts';

/** A process that is to be killed at a certain message. */
export interface KilledAt {
  /** Settles when it is gone. */
  readonly gone: Promise<void>;
  /** To be called in the end. */
  close(): Promise<void>;
}

/**
 * From now on another process is the application: the first request to Asterisk of which `isMeant` says so never arrives, nor does anything after it, because the process
 * is killed instead.
 */
export async function killedAt(site: Site, isMeant: (uri: string) => boolean): Promise<KilledAt> {
  const proxy = await AriProxy.start(site.env.ARI_URL);
  const process = await site.standby({ ARI_URL: proxy.url });
  await site.killApp();
  await site.followedBy(process);
  const gone = new Promise<void>((resolve, reject) => {
    proxy.watch(({ from, message }) => {
      if (from !== 'application' || !isMeant(decodeURIComponent(String(message['uri'])))) return 'pass';
      proxy.watch(() => 'drop');
      site.killApp().then(resolve, reject);
      return 'drop';
    });
  });
  return { gone, close: () => proxy.close() };
}
