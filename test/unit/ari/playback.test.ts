import { describe, expect, it } from '@jest/globals';
import { channelId, playbackId } from '../../../src/core/ids.ts';
import type { PbxEvent } from '../../../src/ports/pbx.ts';
import { Arrivals } from '../../../stasis/ari/arrivals.ts';
import { Playbacks } from '../../../stasis/ari/playback.ts';
import type { AriRequest, AriResponse } from '../../../stasis/ari/request-table.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const CHANNEL = channelId('channel');
const PLAY = playbackId('play');

function setUp(answer: (request: AriRequest) => Promise<AriResponse> = async () => ({ status: 201, body: '' })) {
  const clock = new FakeClock();
  const told: PbxEvent[] = [];
  const sent: string[] = [];
  const playbacks = new Playbacks({
    request: (request) => {
      sent.push(`${request.method} ${request.address}`);
      return answer(request);
    },
    clock,
    emit: (event) => told.push(event),
    waitMs: 1000,
  });
  const finish = (id: string, outcome: 'done' | 'failed' = 'done') =>
    playbacks.finished({ type: 'playback-finished', playbackId: playbackId(id), outcome });
  const play = (...media: string[]) => playbacks.play({ channelId: CHANNEL, playbackId: PLAY, media });
  return { clock, told, sent, playbacks, finish, play };
}

describe('the end of a playback', () => {
  it('is told when the last medium has ended, and only once', async () => {
    const { told, finish, play, playbacks } = setUp();
    await play('sound:a', 'sound:b');
    finish('play');
    expect(told).toEqual([]);
    finish('play.1');
    finish('play.1');
    expect(told).toEqual([{ type: 'playback-finished', playbackId: PLAY, outcome: 'done' }]);
    expect(playbacks.size).toBe(0);
  });

  it('may come before the request is answered', async () => {
    const { told, finish, play } = setUp(async () => {
      finish('play');
      return { status: 201, body: '' };
    });
    expect(await play('sound:a')).toBe('done');
    expect(told).toMatchObject([{ outcome: 'done' }]);
  });

  it('is failed when one of the media failed, unless it was stopped', async () => {
    const { told, finish, play, playbacks } = setUp();
    await play('sound:a', 'sound:b');
    finish('play', 'failed');
    finish('play.1');
    expect(told).toMatchObject([{ outcome: 'failed' }]);
    await play('sound:a');
    await playbacks.stop(PLAY);
    finish('play', 'failed');
    expect(told.slice(1)).toMatchObject([{ outcome: 'done' }]);
  });

  it('is told as failed when the channel or the connection goes, and not again', async () => {
    const { told, finish, play, playbacks } = setUp();
    await play('sound:a', 'sound:b');
    playbacks.channelGone(CHANNEL);
    finish('play', 'failed');
    playbacks.connectionLost();
    expect(told).toMatchObject([{ outcome: 'failed' }]);
    await play('sound:a');
    playbacks.connectionLost();
    playbacks.channelGone(CHANNEL);
    expect(told).toHaveLength(2);
  });

  it('is not told of a playback that never began', async () => {
    const { told, play, playbacks } = setUp(async () => ({ status: 404, body: '{"message":"Channel not found"}' }));
    expect(await play('sound:a', 'sound:b')).toBe('gone');
    playbacks.channelGone(CHANNEL);
    expect(told).toEqual([]);
  });

  it('fails when the channel goes while a list is sent', async () => {
    let requests = 0;
    const { told, play, finish, playbacks } = setUp(async () => ({ status: ++requests === 1 ? 201 : 404, body: '' }));
    expect(await play('sound:a', 'sound:b')).toBe('done');
    finish('play', 'failed');
    expect(told).toMatchObject([{ outcome: 'failed' }]);
    expect(playbacks.size).toBe(0);
  });
});

describe('stopping', () => {
  it('takes the last of a list first, so that none begins', async () => {
    const { sent, play, playbacks } = setUp();
    await play('sound:a', 'sound:b', 'sound:c');
    sent.length = 0;
    expect(await playbacks.stop(PLAY)).toBe('done');
    expect(sent).toEqual(['DELETE playbacks/play.2', 'DELETE playbacks/play.1', 'DELETE playbacks/play']);
  });

  it('sends no more of a list that was stopped while it was sent', async () => {
    const { sent, playbacks, finish } = setUp();
    const playing = playbacks.play({ channelId: CHANNEL, playbackId: PLAY, media: ['sound:a', 'sound:b', 'sound:c'] });
    await playbacks.stop(PLAY);
    finish('play');
    await playing;
    expect(sent.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('is gone when there is nothing to stop', async () => {
    expect(await setUp().playbacks.stop(playbackId('never'))).toBe('gone');
  });
});

describe('a request that would block Asterisk', () => {
  it('waits until the channel is silent', async () => {
    const { play, playbacks, finish, clock } = setUp();
    await playbacks.untilSilent(CHANNEL);
    await play('sound:a');
    let isSilent = false;
    const waiting = playbacks.untilSilent(CHANNEL).then(() => {
      isSilent = true;
    });
    await clock.settle();
    expect(isSilent).toBe(false);
    finish('play');
    await waiting;
    expect(clock.pendingTimers).toBe(0);
  });

  it('is refused when the channel plays on', async () => {
    const { play, playbacks, clock } = setUp();
    await play('tone:ring');
    const refusal = expect(playbacks.untilSilent(CHANNEL)).rejects.toMatchObject({ code: 'ARI_REFUSED' });
    await clock.advance(1000);
    await refusal;
  });
});

describe('a leg on its way into the application', () => {
  const LEG = channelId('leg');
  const start = { type: 'stasis-start', channel: { channelId: LEG }, args: [] } as unknown as PbxEvent;

  it.each(['before', 'after'])('is there when its start comes %s the answer', async (order) => {
    const clock = new FakeClock();
    const arrivals = new Arrivals({ clock, limitMs: 1000 });
    const made = arrivals.await(LEG, async () => {
      if (order === 'before') arrivals.observe(start);
      return 'done' as const;
    });
    await clock.settle();
    if (order === 'after') arrivals.observe(start);
    expect(await made).toBe('done');
    expect([arrivals.size, clock.pendingTimers]).toEqual([0, 0]);
  });

  it('is gone when it ends instead, refused when Asterisk says so, an error when nothing comes', async () => {
    const clock = new FakeClock();
    const arrivals = new Arrivals({ clock, limitMs: 1000 });
    const done = async () => 'done' as const;
    const gone = arrivals.await(LEG, done);
    arrivals.observe({ type: 'channel-destroyed', channelId: LEG, cause: { code: 38, text: '' } });
    expect(await gone).toBe('gone');
    expect(await arrivals.await(LEG, async () => 'refused' as const)).toBe('refused');
    const late = expect(arrivals.await(LEG, done)).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
    await clock.advance(1000);
    await late;
    const cut = expect(arrivals.await(LEG, done)).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
    arrivals.connectionLost();
    await cut;
    expect([arrivals.size, clock.pendingTimers]).toEqual([0, 0]);
  });
});
