import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { channelId } from '../../../src/core/ids.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import type { AriLimits } from '../../../stasis/ari/settings.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { OwnBeat } from '../../support/media/own-beat.ts';
import { nextConnected, until } from './pbx-harness.ts';
import { PrivateAsterisk } from './private-asterisk.ts';

jest.setTimeout(180_000);

describe('the connection to Asterisk', () => {
  let asterisk: PrivateAsterisk;
  let proxy: HalfOpenProxy;
  const opened: AriPbx[] = [];

  beforeAll(async () => {
    asterisk = await PrivateAsterisk.start();
    proxy = await HalfOpenProxy.start({ host: '127.0.0.1', port: asterisk.ariPort });
  });

  afterEach(async () => {
    for (const pbx of opened.splice(0)) await pbx[Symbol.asyncDispose]();
    proxy.recover();
  });

  afterAll(async () => {
    await proxy.close();
    await asterisk.close();
  });

  function create({
    password = asterisk.password,
    limits = {},
  }: {
    password?: string;
    limits?: Partial<AriLimits>;
  } = {}) {
    const pbx = new AriPbx({
      settings: { url: `${proxy.httpUrl}/ari/`, username: asterisk.username, password, application: 'queueapp' },
      limits: { backoff: { firstMs: 20, maxMs: 100 }, ...limits },
      clock: systemClock,
      random: Math.random,
      log: silentLog(),
    });
    opened.push(pbx);
    const events: PbxEvent[] = [];
    pbx.subscribe((event) => events.push(event));
    return { pbx, types: () => events.map(({ type }) => type) };
  }

  async function connected(options: Parameters<typeof create>[0] = {}) {
    const made = create(options);
    const first = nextConnected(made.pbx);
    made.pbx.start();
    await first;
    return made;
  }

  it('prints nothing of its own while it connects', async () => {
    const print = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    await connected();
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });

  it('comes back after Asterisk was killed, and knows the calls before it to be gone', async () => {
    const { pbx, types } = await connected();
    const again = nextConnected(pbx);
    asterisk.signal('SIGKILL');
    await until(() => types().includes('disconnected'), 'the end of the connection');
    await asterisk.stop();
    await asterisk.run();
    await again;
    expect(types()).toEqual(['connected', 'disconnected', 'connected']);
    expect(await pbx.snapshot()).toEqual({ channels: [], bridges: [] });
  });

  it('notices within 3 s that Asterisk is frozen, and comes back when it thaws', async () => {
    const { pbx, types } = await connected();
    const beat = new OwnBeat();
    const fromMs = Date.now();
    asterisk.signal('SIGSTOP');
    await new Promise<void>((resolve) => pbx.subscribe(({ type }) => type === 'disconnected' && resolve()));
    // While this process stands still it notices nothing.
    expect(beat.ownMs(fromMs, Date.now())).toBeLessThan(4_000);
    beat.end();
    expect(types()).toEqual(['connected', 'disconnected']);
    await expect(pbx.answer(channelId('any'))).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
    const again = nextConnected(pbx);
    asterisk.signal('SIGCONT');
    await again;
    expect(await pbx.answer(channelId('any'))).toBe('gone');
  });

  it('rejects what waits for an answer when the line swallows it', async () => {
    const { pbx } = await connected({ limits: { requestTimeoutMs: 200 } });
    proxy.fallSilent();
    await expect(pbx.answer(channelId('any'))).rejects.toMatchObject({
      code: 'ARI_UNAVAILABLE',
      details: { method: 'POST', resource: 'channels/any/answer' },
    });
  });

  it('rejects what waits for an answer when the connection is cut', async () => {
    const { pbx } = await connected();
    proxy.fallSilent();
    const answer = pbx.answer(channelId('any'));
    proxy.cut();
    await expect(answer).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
  });

  it('refuses further requests at once when too many wait', async () => {
    const { pbx } = await connected({ limits: { pendingRequestsMax: 2, requestTimeoutMs: 300 } });
    proxy.fallSilent();
    const waiting = [pbx.answer(channelId('any')), pbx.answer(channelId('any'))].map((answer) =>
      answer.catch(() => 'in vain'),
    );
    await expect(pbx.answer(channelId('any'))).rejects.toThrow('2 requests wait for Asterisk already');
    expect(await Promise.all(waiting)).toEqual(['in vain', 'in vain']);
  });

  it('goes on trying with a wrong password, and takes no notice of it elsewhere', async () => {
    const { pbx, types } = create({ password: 'wrong' });
    pbx.start();
    const { pbx: other } = await connected();
    expect(pbx.state).toBe('connecting');
    expect(types()).toEqual([]);
    expect(await other.answer(channelId('any'))).toBe('gone');
  });

  it('ends for good when it is asked to, in whatever state', async () => {
    const { pbx, types } = await connected();
    await pbx[Symbol.asyncDispose]();
    expect(pbx.state).toBe('closed');
    expect(types()).toEqual(['connected', 'disconnected']);
    proxy.cut();
    const { pbx: trying } = create();
    trying.start();
    await trying[Symbol.asyncDispose]();
    expect(trying.state).toBe('closed');
  });
});
