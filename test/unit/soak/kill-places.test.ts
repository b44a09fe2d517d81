import { describe, expect, test } from '@jest/globals';
import { chanceFrom, shuffled } from '../../support/chance.ts';
import type { AriFrame } from '../../support/soak/ari-proxy.ts';
import { KILL_PLACES, KillPlaces, REQUIRED_PLACES } from '../../support/soak/kill-places.ts';
import { killPlan, roundOf } from '../../support/soak/killer.ts';

const LEG = 'a1-00';
const MEDIA = 'queueapp-media-1';

const event = (type: string, fields: object = {}): AriFrame => ({ from: 'asterisk', message: { type, ...fields } });
const of = (id: string) => ({ channel: { id } });
const answer = (request_id: string, status_code = 200) => event('RESTResponse', { request_id, status_code });
const request = (method: string, uri: string, request_id = '1'): AriFrame => ({
  from: 'application',
  message: { type: 'RESTRequest', method, uri, request_id },
});

/** Where each message leads, `-` where it leads nowhere. */
function places(...frames: readonly AriFrame[]): string[] {
  const places = new KillPlaces();
  return frames.map((frame) => places.sees(frame)?.place ?? '-');
}

/** A call up to the ring. */
const RINGING = [
  event('StasisStart', of('c1')),
  request('POST', `bridges/b1/addChannel?channel=c1,${MEDIA}`),
  request('POST', `channels/create?endpoint=PJSIP%2Fm001&appArgs=leg%2Ca1&channelId=${LEG}`),
  request('POST', `channels/${LEG}/dial?timeout=3`),
  event('Dial', { dialstatus: 'RINGING', peer: { id: LEG } }),
];

describe('The places of a call', () => {
  test('one call comes to all of them, in this order', () => {
    expect(
      places(
        request('GET', 'bridges'),
        event('StasisStart', of('c1')),
        request('POST', 'channels/c1/play/p1'),
        event('ChannelDtmfReceived', of('c1')),
        ...RINGING.slice(1),
        event('Dial', { dialstatus: 'ANSWER', peer: { id: LEG } }),
        request('POST', `bridges/b1/addChannel?channel=c1,${LEG}`, '9'),
        answer('8'),
        answer('9'),
        event('ChannelDestroyed', of(LEG)),
      ),
    ).toEqual([
      ...['recovering', '-', 'ivr', 'ivr', 'waiting', '-', 'create-dial', 'ringing'],
      ...['answer-bridge', 'answer-bridge', '-', 'talking', 'wrap-up'],
    ]);
  });
  test('what is played to somebody who waits in a queue is no menu', () => {
    expect(places(...RINGING.slice(0, 2), request('POST', 'channels/c1/play/p1')).at(-1)).toBe('-');
  });
  test('a leg that ends without a talk has no wrap-up', () => {
    expect(places(...RINGING, event('ChannelDestroyed', of(LEG))).at(-1)).toBe('-');
  });
  test('two who could not be joined do not talk', () => {
    const join = request('POST', `bridges/b1/addChannel?channel=${LEG}`, '9');
    expect(places(...RINGING, join, answer('9', 404)).at(-1)).toBe('-');
  });
  test('channels for reading variables and for sound are nobody’s calls', () => {
    const play = (id: string) => request('POST', `channels/${id}/play/p1`);
    expect(places(event('StasisStart', of(MEDIA)), play(MEDIA), play('unknown'))).toEqual(['-', '-', '-']);
  });
  test('the moments that are a single message are so, and only these', () => {
    const seen = new KillPlaces();
    const lasts = new Map(RINGING.map((frame) => seen.sees(frame)).map((each) => [each?.place, each?.lasts]));
    expect(lasts.get('create-dial')).toBe('now');
    expect(lasts.get('waiting')).toBeGreaterThan(0);
    expect(lasts.get('ringing')).toBeGreaterThan(0);
  });
});

describe('A plan of kills', () => {
  test.each([10, 50, 51])(
    '%i: every place has its share, and the first process is not killed in a recovery',
    (count) => {
      for (let seed = 1; seed <= 20; seed++) {
        const plan = killPlan(count, KILL_PLACES, (all) => shuffled(all, chanceFrom(seed)));
        expect(plan).toHaveLength(count);
        expect(plan[0]).not.toBe('recovering');
        for (const place of KILL_PLACES)
          expect(plan.filter((each) => each === place).length).toBeGreaterThanOrEqual(Math.floor(count / 8));
      }
    },
  );
  test('fifty have each required place five times at least', () => {
    const plan = killPlan(50, KILL_PLACES, (all) => shuffled(all, chanceFrom(1)));
    for (const place of REQUIRED_PLACES) expect(plan.filter((each) => each === place).length).toBeGreaterThanOrEqual(5);
  });
  test('the same seed gives the same plan, another one another', () => {
    const plan = (seed: number) => killPlan(50, KILL_PLACES, (all) => shuffled(all, chanceFrom(seed))).join();
    expect(plan(1)).toBe(plan(1));
    expect(plan(1)).not.toBe(plan(2));
  });
});

test('no round begins with the kill of a recovery, which belongs to the kill before, and all kills are made', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const plan = killPlan(50, KILL_PLACES, (all) => shuffled(all, chanceFrom(seed)));
    const rounds: (readonly string[])[] = [];
    for (let done = 0; done < plan.length; done += rounds.at(-1)?.length ?? 1) rounds.push(roundOf(plan, done, 10));
    expect(rounds.flat()).toEqual(plan);
    expect(rounds.map(([first]) => first)).not.toContain('recovering');
  }
});
