import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Extension } from '../../src/core/people.ts';
import type { Announcer } from '../../src/ports/announcer.ts';
import { sampleAttempt, sampleCall, sampleExtension } from '../support/fakes/fake-announcer.ts';
import { inTime } from '../support/in-time.ts';
import { eventually } from '../support/xmpp/observer.ts';

/** An announcer together with eyes on the other side: what the server has and what people got. */
export interface AnnouncerHarness {
  readonly announcer: Announcer;
  /** Numbers of the extensions that have a node. */
  nodes(): Promise<readonly string[]>;
  /** What a subscriber of the extension's node saw: states, `retracted`. */
  story(extension: string): readonly string[];
  /** The attempt whose item lies on the node. */
  itemOn(extension: string): Promise<string | null>;
  chatCount(jid: string): number;
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  /** The next publication is not answered in time. */
  hang(): Promise<void>;
  /** A node and its item that a former run left. */
  leaveBehind(extension: string, attemptId: string): Promise<void>;
  dispose(): Promise<void>;
}

/** Of a server that answers: a busy machine is no server that is silent. */
const LIMIT_MS = 20_000;

/** What every announcer keeps to; `people` are extensions with the JIDs of two accounts that are there. */
export function describeAnnouncer(name: string, create: () => Promise<AnnouncerHarness>): void {
  describe(`an announcer keeps its promises: ${name}`, () => {
    let harness: AnnouncerHarness;
    let announcer: Announcer;
    let serial = 0;
    const ada = (): Extension => sampleExtension('1000', 'user1@ivr.test');
    const bob = (): Extension => sampleExtension('2000', 'user2@ivr.test');
    const offer = (extension: string) => {
      serial += 1;
      return sampleAttempt(`attempt-${serial}`, extension, sampleCall(`call-${serial}`));
    };
    const tail = (extension: string, count: number) => harness.story(extension).slice(-count);
    const toldSince = (extension: string, before: number) => harness.story(extension).slice(before);

    beforeAll(async () => {
      harness = await create();
      announcer = harness.announcer;
    });
    afterAll(async () => {
      await harness?.dispose();
    });

    test('a login makes the node, however often it is told, and a logout takes it away', async () => {
      await announcer.memberLoggedIn(ada());
      await announcer.memberLoggedIn(ada());
      expect(await harness.nodes()).toContain('1000');
      await announcer.memberLoggedOut(ada());
      await announcer.memberLoggedOut(ada());
      expect(await harness.nodes()).not.toContain('1000');
    });

    test('a call is seen ringing, connected and ended, and then its item is gone', async () => {
      await announcer.memberLoggedIn(ada());
      const before = harness.story('1000').length;
      const attempt = offer('1000');
      expect(await announcer.publishRinging(attempt, LIMIT_MS)).toBe('acknowledged');
      expect(await harness.itemOn('1000')).toBe(attempt.attemptId);
      announcer.publishConnected(attempt);
      await eventually(() => toldSince('1000', before).length >= 2, 'connected');
      announcer.publishEnded(attempt);
      await eventually(() => tail('1000', 1)[0] === 'retracted', 'the retraction');
      expect(toldSince('1000', before)).toEqual(['ringing', 'connected', 'ended', 'retracted']);
      expect(await harness.itemOn('1000')).toBeNull();
    });

    test('an attempt that ended is not brought back by a late word about it', async () => {
      const before = harness.story('1000').length;
      const attempt = offer('1000');
      await announcer.publishRinging(attempt, LIMIT_MS);
      announcer.publishEnded(attempt);
      announcer.publishConnected(attempt);
      announcer.publishEnded(attempt);
      await eventually(() => toldSince('1000', before).includes('retracted'), 'the retraction');
      const after = offer('1000');
      await announcer.publishRinging(after, LIMIT_MS);
      announcer.publishEnded(after);
      await eventually(() => toldSince('1000', before).length >= 6, 'both calls told');
      const each = ['ringing', 'ended', 'retracted'];
      expect(toldSince('1000', before)).toEqual([...each, ...each]);
    });

    test('the next member: it ends here and rings there', async () => {
      await announcer.memberLoggedIn(bob());
      const call = sampleCall('call-moves');
      const here = sampleAttempt('attempt-here', '1000', call);
      const there = sampleAttempt('attempt-there', '2000', call);
      expect(await announcer.publishRinging(here, LIMIT_MS)).toBe('acknowledged');
      announcer.publishEnded(here);
      expect(await announcer.publishRinging(there, LIMIT_MS)).toBe('acknowledged');
      await eventually(() => tail('1000', 2).join() === 'ended,retracted', 'the end at 1000');
      expect(await harness.itemOn('2000')).toBe('attempt-there');
      announcer.publishEnded(there);
      await eventually(() => tail('2000', 2).join() === 'ended,retracted', 'the end at 2000');
    });

    test('nothing is published for an extension that is not logged in, and no node appears', async () => {
      expect(await announcer.publishRinging(offer('3000'), LIMIT_MS)).toBe('refused');
      announcer.publishConnected(offer('3000'));
      announcer.publishEnded(offer('3000'));
      expect(await harness.nodes()).not.toContain('3000');
    });

    test('messages reach every member that has a JID, each once', async () => {
      const call = sampleCall('call-chat');
      const counts = () => [harness.chatCount('user1@ivr.test'), harness.chatCount('user2@ivr.test')];
      const [one = 0, two = 0] = counts();
      announcer.callEntered(call, 1, [ada(), bob(), sampleExtension('3000', null), ada()]);
      await eventually(() => counts().join() === `${one + 1},${two + 1}`, 'one message each');
      announcer.memberChosen(call, bob());
      await eventually(() => counts().join() === `${one + 1},${two + 2}`, 'a second one to the chosen member');
      announcer.callerGaveUp(call, 45_000, [ada(), bob()]);
      await eventually(() => counts().join() === `${one + 2},${two + 3}`, 'one more each when the caller gave up');
      announcer.memberMissed(call, bob());
      await eventually(() => counts().join() === `${one + 2},${two + 4}`, 'one to the member who missed the call');
      const how = { type: 'aside', untilMs: call.enteredAtMs + 30_000 } as const;
      const { queue, queueTitle, enteredAtMs: atMs } = call;
      announcer.memberPutAside({ queue, queueTitle, how, atMs }, ada());
      announcer.memberPutAside({ queue, queueTitle, how, atMs }, sampleExtension('3000', null));
      await eventually(() => counts().join() === `${one + 3},${two + 4}`, 'one to the member who was put aside');
    });

    test('a server that does not answer holds a call up no longer than its limit', async () => {
      await harness.hang();
      expect(await inTime(600, announcer.publishRinging(offer('1000'), 300))).toBe('timeout');
      await harness.comeBack();
    });

    test('while the server is away calls go on at once, and afterwards the node shows what is true then', async () => {
      await harness.goAway();
      expect(announcer.isConnected()).toBe(false);
      const missed = offer('1000');
      expect(await inTime(100, announcer.publishRinging(missed, LIMIT_MS))).toBe('away');
      announcer.publishEnded(missed);
      const current = offer('1000');
      expect(await announcer.publishRinging(current, LIMIT_MS)).toBe('away');
      announcer.publishConnected(current);
      await announcer.memberLoggedOut(bob());
      await harness.comeBack();
      await eventually(() => tail('1000', 1)[0] === 'connected', 'the newest state and no older one');
      expect(await harness.itemOn('1000')).toBe(current.attemptId);
      // Each node is made right by itself, in any order.
      await eventually(async () => !(await harness.nodes()).includes('2000'), 'no node of who has logged out');
      announcer.publishEnded(current);
      await eventually(() => tail('1000', 1)[0] === 'retracted', 'the retraction');
    });

    test('reconciling removes what a former run left and keeps what is still true', async () => {
      await harness.leaveBehind('4000', 'attempt-old');
      await harness.leaveBehind('5000', 'attempt-alive');
      await harness.leaveBehind('6000', 'attempt-stale');
      const alive = sampleAttempt('attempt-alive', '5000', sampleCall('call-alive'));
      await announcer.reconcile(
        [ada(), sampleExtension('5000', 'user2@ivr.test'), sampleExtension('6000', null)],
        [alive],
      );
      expect([...(await harness.nodes())].sort()).toEqual(['1000', '5000', '6000']);
      expect(await harness.itemOn('5000')).toBe('attempt-alive');
      expect(await harness.itemOn('6000')).toBeNull();
      announcer.publishEnded(alive);
      await eventually(() => tail('5000', 2).join() === 'ended,retracted', 'the end of the call that was taken over');
    });
  });
}
