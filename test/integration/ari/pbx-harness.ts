import type { AsteriskKind } from '../../../install/private-stack/state.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { silentLog } from '../../../src/log.ts';
import { AriPbx } from '../../../stasis/ari/pbx.ts';
import type { AriLimits } from '../../../stasis/ari/settings.ts';
import type { HarnessBehaviour, HarnessPhone, PbxHarness } from '../../contract/pbx.suite.ts';
import { HalfOpenProxy } from '../../support/half-open-proxy.ts';
import { type Caller, dial } from '../../support/phones/caller.ts';
import { answers, neverAnswers, Phone, isBusy as saysBusy } from '../../support/phones/phone.ts';
import { plugInRefusingPhone } from '../../support/phones/refusing-phone.ts';
import type { ScriptedPhone } from '../../support/phones/scripted-phone.ts';
import { PrivateAsterisk } from './private-asterisk.ts';

/** One test starts endpoints and waits for real rings. */
export const ARI_HARNESS_TIMEOUT_MS = 180_000;
const WAIT_LIMIT_MS = 60_000;

/** A real Asterisk with real SIP endpoints, seen through the adapter, over a proxy that can break. */
export async function createAriHarness(
  limits: Partial<AriLimits> = {},
  kind: AsteriskKind = 'current',
): Promise<PbxHarness> {
  const asterisk = await PrivateAsterisk.start({}, kind);
  const proxy = await HalfOpenProxy.start({ host: '127.0.0.1', port: asterisk.ariPort });
  const connect = (url: string) =>
    new AriPbx({
      settings: { url, username: asterisk.username, password: asterisk.password, application: 'queueapp' },
      limits: { backoff: { firstMs: 50, maxMs: 200 }, ...limits },
      clock: systemClock,
      random: Math.random,
      log: silentLog(),
    });
  const pbx = connect(proxy.httpUrl);
  const started = nextConnected(pbx);
  pbx.start();
  await started;
  const callers: Caller[] = [];
  const phones: (Phone | ScriptedPhone)[] = [];
  const rivals: AriPbx[] = [];
  const untilNobodyIsLeft = () =>
    untilAsync(
      async () => (await asterisk.console('core show channels count')).includes('0 active channels'),
      'no channel',
    );
  return {
    pbx,
    until,
    pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    async call(from) {
      const caller = await dial({ account: asterisk.account('caller'), from, number: '0001' });
      callers.push(caller);
      return {
        async press(digits) {
          await caller.answered();
          await caller.press(digits);
        },
        async hangUp() {
          await caller.hangup();
        },
      };
    },
    async plugIn(behaviour) {
      const phone = await plugIn(behaviour, asterisk.account('1000'));
      phones.push(phone);
      return harnessPhone(phone, asterisk);
    },
    untilNobodyIsLeft,
    now: () => Date.now(),
    loseConnection: async () => proxy.cut(),
    regainConnection: async () => proxy.recover(),
    async replace() {
      const rival = connect(asterisk.url);
      rivals.push(rival);
      const connected = nextConnected(rival);
      rival.start();
      await connected;
    },
    async tidyUp() {
      for (const caller of callers.splice(0)) await caller.close();
      await asterisk.console('channel request hangup all');
      const unplugged = phones.splice(0);
      for (const phone of unplugged) {
        if (phone instanceof Phone) await phone.unregister();
        await phone.close();
      }
      await untilNobodyIsLeft();
      // The next test finds the device as it is without phones; Asterisk works that out on its own time.
      if (unplugged.length > 0)
        await untilAsync(
          async () => /^1000@internal .* State:Unavailable /m.test(await asterisk.console('core show hint 1000')),
          'the device without a phone',
        );
      for (const { bridgeId } of pbx.isConnected() ? (await pbx.snapshot()).bridges : [])
        await pbx.destroyBridge(bridgeId);
    },
    async dispose() {
      await pbx[Symbol.asyncDispose]();
      for (const rival of rivals) await rival[Symbol.asyncDispose]();
      await proxy.close();
      await asterisk.close();
    },
  };
}

function plugIn(
  behaviour: HarnessBehaviour,
  account: ReturnType<PrivateAsterisk['account']>,
): Promise<Phone | ScriptedPhone> {
  switch (behaviour) {
    case 'answers':
      return Phone.plugIn({ account, behaviour: answers(500) });
    case 'rings':
      return Phone.plugIn({ account, behaviour: neverAnswers });
    case 'is-busy':
      return Phone.plugIn({ account, behaviour: saysBusy() });
    case 'declines':
      return plugInRefusingPhone({ account, status: 603, reason: 'Decline' });
    default:
      return behaviour satisfies never;
  }
}

function harnessPhone(phone: Phone | ScriptedPhone, asterisk: PrivateAsterisk): HarnessPhone {
  const newest = () => phone.rings.at(-1);
  const conversation = () => {
    const ring = phone instanceof Phone ? phone.rings.at(-1) : undefined;
    if (!ring) throw new Error('There is no call');
    return ring;
  };
  return {
    shown: () => newest()?.caller,
    async pickUp() {
      if (!(phone instanceof Phone)) throw new Error('This phone only refuses');
      await (await phone.ring()).answer();
    },
    async hangUp() {
      await conversation().hangup();
    },
    async transfer(extension) {
      await conversation().transfer(extension);
    },
    async transferAfterAsking(extension) {
      if (!(phone instanceof Phone)) throw new Error('This phone only refuses');
      const first = conversation();
      await first.hold();
      const second = await phone.dial(extension);
      await second.answered();
      // The dialplan goes on a little after it has answered.
      await untilAsync(
        async () => (await asterisk.console('core show channels concise')).includes('!Echo!'),
        'the second call at what it is told of',
      );
      await first.transferInto(second);
    },
    isIdle: () => newest() === undefined || newest()?.ending !== undefined,
  };
}

/** Settles at the next `connected`. */
export function nextConnected(pbx: AriPbx): Promise<void> {
  return new Promise((resolve) => {
    const stop = pbx.subscribe((event) => {
      if (event.type !== 'connected') return;
      stop();
      resolve();
    });
  });
}

/** Waits until a condition holds that no event tells of. */
export function until(condition: () => boolean, what: string): Promise<void> {
  return untilAsync(async () => condition(), what);
}

export async function untilAsync(condition: () => Promise<boolean>, what: string): Promise<void> {
  const limitAtMs = Date.now() + WAIT_LIMIT_MS;
  while (!(await condition())) {
    if (Date.now() > limitAtMs) throw new Error(`Waited ${WAIT_LIMIT_MS} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
