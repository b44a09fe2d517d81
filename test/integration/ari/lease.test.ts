import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { type Deferred, deferred } from '../../../src/lib/deferred.ts';
import { silentLog } from '../../../src/log.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import { AriTap } from '../../support/e2e/ari-tap.ts';
import { eventually } from '../../support/eventually.ts';
import { nextConnected, until } from './pbx-harness.ts';
import { PrivateAsterisk } from './private-asterisk.ts';

jest.setTimeout(180_000);

/** A lease about which nobody is sure until the test says how it stands. */
class ScriptedLease {
  asked: Deferred<void> | null = null;
  isSure = true;
  confirm(): Promise<void> | undefined {
    if (this.isSure) return undefined;
    this.asked ??= deferred<void>();
    return this.asked.promise;
  }
  async confirmByDatabase(): Promise<void> {
    await this.confirm();
  }
}

/** A ping that is sent now is answered after what Asterisk had sent before; an answer that comes late is none to `whoActs`, which is asked again then. */
const answersAsOurs = (pbx: AriPbx) =>
  eventually('Asterisk says that it is ours', async () => (await pbx.whoActs()) === 'ours', 30_000);

const lost = () => new AppError('LEASE_LOST', 'The lease is lost');

describe('Asterisk, for a process whose lease is in doubt', () => {
  let asterisk: PrivateAsterisk;
  let tap: AriTap;
  const opened: AriPbx[] = [];
  beforeAll(async () => {
    asterisk = await PrivateAsterisk.start();
    tap = await AriTap.start(`http://127.0.0.1:${asterisk.ariPort}`);
  });
  afterEach(async () => {
    for (const pbx of opened.splice(0)) await pbx[Symbol.asyncDispose]();
  });
  afterAll(async () => {
    await tap?.close();
    await asterisk?.close();
  });

  function create(lease: ScriptedLease, url = tap.url) {
    const { username, password } = asterisk;
    const pbx = new AriPbx({
      settings: { url, username, password, application: 'queueapp' },
      limits: { backoff: { firstMs: 20, maxMs: 100 } },
      ...{ clock: systemClock, random: Math.random, log: silentLog(), lease },
    });
    opened.push(pbx);
    const events: PbxEvent['type'][] = [];
    pbx.subscribe(({ type }) => events.push(type));
    return { pbx, events };
  }

  async function connected(lease: ScriptedLease, url?: string) {
    const made = create(lease, url);
    const first = nextConnected(made.pbx);
    made.pbx.start();
    await first;
    return made;
  }

  const setState = (state: string) =>
    fetch(`http://127.0.0.1:${asterisk.ariPort}/ari/deviceStates/Stasis%3Adoubt?deviceState=${state}`, {
      method: 'PUT',
      headers: { authorization: `Basic ${btoa(`${asterisk.username}:${asterisk.password}`)}` },
    });

  test('is asked nothing, and its events are not heard, until the lease is confirmed; then all comes in order', async () => {
    const lease = new ScriptedLease();
    const { pbx, events } = await connected(lease);
    await pbx.watchDevice('Stasis:doubt');
    const [asked, heard] = [tap.asked.length, events.length];
    lease.isSure = false;
    const variable = pbx.snapshot();
    expect((await setState('INUSE')).ok).toBe(true);
    await answersAsOurs(pbx);
    expect([tap.asked.length, events.length]).toEqual([asked, heard]);
    lease.isSure = true;
    lease.asked?.resolve();
    await variable;
    await until(() => events.slice(heard).includes('device-state'), 'the event that was held');
    expect(tap.asked.length).toBeGreaterThan(asked);
  });

  test('is asked nothing any more when the lease is lost, and is not connected to again', async () => {
    const lease = new ScriptedLease();
    const { pbx, events } = await connected(lease);
    await pbx.watchDevice('Stasis:doubt');
    const [asked, heard] = [tap.asked.length, events.length];
    lease.isSure = false;
    const snapshot = pbx.snapshot();
    await setState('NOT_INUSE');
    await answersAsOurs(pbx);
    lease.asked?.reject(lost());
    await expect(snapshot).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await expect(pbx.snapshot()).rejects.toMatchObject({ code: 'LEASE_LOST' });
    await setState('INUSE');
    await answersAsOurs(pbx);
    expect([tap.asked.length, events.length]).toEqual([asked, heard]);
  });

  test('is not connected to before the lease is confirmed: the socket would take the name from its holder', async () => {
    const holder = await connected(new ScriptedLease());
    const lease = new ScriptedLease();
    lease.isSure = false;
    const asked = tap.asked.length;
    const late = create(lease);
    late.pbx.start();
    await answersAsOurs(holder.pbx);
    expect(lease.asked).not.toBeNull();
    lease.asked?.reject(lost());
    await answersAsOurs(holder.pbx);
    expect(tap.asked.length).toBe(asked);
    expect(holder.events).not.toContain('replaced');
  });

  test('says that another process has the application before it answers, and gives the name back to the holder', async () => {
    const replaced = await connected(new ScriptedLease());
    const again = nextConnected(replaced.pbx);
    await connected(new ScriptedLease(), `http://127.0.0.1:${asterisk.ariPort}`).then(async (other) => {
      const word = await eventually('an answer in time', async () => {
        const said = await replaced.pbx.whoActs();
        return said === 'away' ? undefined : said;
      });
      expect(word).toBe('replaced');
      expect(replaced.events.at(-1)).toBe('replaced');
      // The other one was told of its loss and ended: as the lease is still held here, the name is taken back.
      await other.pbx[Symbol.asyncDispose]();
    });
    await again;
    await answersAsOurs(replaced.pbx);
  });
});
