import { describe, expect, test } from '@jest/globals';
import { HangupError } from '../../../stasis/calls/hangup-error.ts';
import { playStep } from '../../unit/ivr/shipped-ivr.ts';
import { IvrVisit, NOTHING, shippedIvr } from './ivr-visit.ts';

describe('A code', () => {
  const atCode = async () => {
    const visit = new IvrVisit({ start: 'support' });
    await visit.wait(3_500);
    return visit;
  };

  test('of three digits is looked up three seconds after the last, and uses up a try', async () => {
    const visit = await atCode();
    await visit.types('111');
    await visit.wait(2_999);
    expect(visit.codes).toEqual([]);
    await visit.wait(100);
    expect(visit.codes).toEqual(['111']);
    expect(visit.hears).toBe('invalid_code');
  });

  test('of five digits counts with its first four, and the fifth spoils nothing', async () => {
    const right = await atCode();
    await right.types('11112');
    await right.wait(2_000);
    expect(right.codes).toEqual(['1111']);
    expect(right.exit).toMatchObject({ to: 'queue' });

    const wrong = await atCode();
    await wrong.types('33335');
    await wrong.wait(1_000);
    expect(wrong.hears).toBe('invalid_code');
    await wrong.wait(6_000);
    await wrong.types('1111#');
    await wrong.wait(2_000);
    expect(wrong.codes).toEqual(['3333', '1111']);
    expect(wrong.exit).toMatchObject({ to: 'queue' });
  });

  test('with # behind its last digit uses up one try, not two', async () => {
    const visit = await atCode();
    await visit.types('3333#');
    await visit.wait(7_000);
    expect(visit.heard.filter((line) => line.endsWith('invalid_code'))).toHaveLength(1);
  });

  test.each(['*', '12*4', 'A'])('of "%s" is wrong without asking the source', async (code) => {
    const visit = await atCode();
    await visit.types(code);
    await visit.wait(3_001);
    expect(visit.codes).toEqual([]);
    expect(visit.heard.join()).toContain('invalid_code');
  });

  test('of nothing but silence uses up a try every five seconds after the prompt', async () => {
    const visit = new IvrVisit({ start: 'support' });
    await visit.wait(60_000);
    expect(visit.heard).toEqual([
      '0.00 inform_code',
      '8.00 invalid_code',
      '9.50 try_again',
      '10.50 inform_code',
      '18.50 invalid_code',
      '20.00 try_again',
      '21.00 inform_code',
      '29.00 invalid_code',
      '30.50 bye',
      '31.70 tone:congestion',
    ]);
    expect(visit.exit).toEqual({ to: 'hangup', causeCode: 34 });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('of # alone uses up a try at once', async () => {
    const visit = await atCode();
    await visit.types('#');
    expect(visit.hears).toBe('invalid_code');
    expect(visit.codes).toEqual([]);
  });
});

describe('The source of customers', () => {
  const looking = async (prepare: (visit: IvrVisit) => void) => {
    const visit = new IvrVisit({ start: 'support' });
    prepare(visit);
    await visit.types('1111');
    return visit;
  };
  const expectNoCustomer = async (visit: IvrVisit) => {
    expect(visit.exit).toMatchObject({ to: 'queue', queue: 'support', afterwards: 'dialplan' });
    expect(visit.call.customer).toBeNull();
    expect(await visit.leftovers()).toEqual(NOTHING);
  };

  test('is down: the call goes on without a customer', async () => {
    const visit = await looking(({ directory }) => {
      directory.answer = () => ({ type: 'unavailable', reason: 'connect ECONNREFUSED' });
    });
    await visit.wait(2_000);
    await expectNoCustomer(visit);
  });

  test('fails against its contract: the call goes on all the same', async () => {
    const visit = await looking(({ directory }) => {
      directory.lookup = () => Promise.reject(new Error('A bug'));
    });
    await visit.wait(2_000);
    await expectNoCustomer(visit);
  });

  test('never answers: it is given up after half a minute', async () => {
    const visit = await looking(({ directory }) => {
      directory.delayMs = null;
    });
    await visit.wait(29_999);
    expect(visit.exit).toBeNull();
    expect(visit.hears).toBeUndefined();
    await visit.wait(2_000);
    await expectNoCustomer(visit);
  });
});

describe('A lookup by number', () => {
  const definition = {
    ...shippedIvr,
    start: 'who',
    steps: {
      ...shippedIvr.steps,
      who: { kind: 'lookup', by: 'by-number', found: 'support-queue', notFound: 'main', unavailable: 'main' },
    },
  } as const;

  test('is asked with the caller, and knows the customer', async () => {
    const visit = new IvrVisit({ definition, call: { number: '2000' } });
    visit.directory.answer = () => ({ type: 'found', customer: { id: '7', name: 'Seven', code: null, fields: {} } });
    await visit.wait(5_000);
    expect(visit.directory.requests).toMatchObject([{ lookup: 'by-number', code: '', caller: { number: '2000' } }]);
    expect(visit.call.customer?.id).toBe('7');
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });

  test('is not asked when the number is withheld', async () => {
    const visit = new IvrVisit({ definition, call: { number: null } });
    await visit.wait(100);
    expect(visit.directory.requests).toEqual([]);
    expect(visit.hears).toBe('ivr_menu');
  });
});

describe('The caller hangs up', () => {
  /** Moments of the shipped IVR, and how to come there. */
  const moments: [string, string, (visit: IvrVisit) => Promise<void>][] = [
    ['before anything', 'welcome', async () => undefined],
    ['in the silence', 'welcome', (visit) => visit.wait(500)],
    ['in the welcome', 'welcome', (visit) => visit.wait(1_500)],
    ['in the menu', 'main', (visit) => visit.wait(100)],
    ['while the menu waits', 'main', (visit) => visit.wait(5_000)],
    ['in "invalid option"', 'main', (visit) => visit.types('7')],
    ['after the third wrong key', 'main', (visit) => visit.types('777')],
    ['in the prompt for the code', 'support', (visit) => visit.wait(100)],
    ['before the first digit', 'support', (visit) => visit.wait(4_000)],
    ['between digits', 'support', (visit) => visit.types('11')],
    [
      'during the lookup',
      'support',
      (visit) => {
        visit.directory.delayMs = null;
        return visit.types('1111');
      },
    ],
    ['in "invalid code"', 'support', (visit) => visit.types('#')],
    ['after the last try', 'support', (visit) => visit.wait(29_500)],
    ['in the goodbye', 'goodbye', (visit) => visit.wait(100)],
    ['in the congestion tone', 'goodbye', (visit) => visit.wait(2_000)],
    ['while sales is ringing', 'sales', (visit) => visit.wait(1_000)],
  ];

  test.each(moments)('%s: the visit ends with the hang-up and leaves nothing', async (_, start, comeThere) => {
    const visit = new IvrVisit({ start });
    await comeThere(visit);
    visit.caller.hangsUp();
    await visit.wait(60_000);
    expect(visit.failure).toBeInstanceOf(HangupError);
    expect(visit.failure).toBe(visit.call.signal.reason);
    expect(visit.exit).toBeNull();
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('in the instant of pressing a key: nothing is asked of the switch afterwards', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(100);
    visit.caller.press('1');
    visit.caller.hangsUp();
    await visit.wait(10_000);
    expect(visit.failure).toBeInstanceOf(HangupError);
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('before the visit began: it does not begin', async () => {
    const visit = new IvrVisit();
    visit.caller.hangsUp();
    await visit.wait(5_000);
    expect(visit.heard).toEqual([]);
    expect(visit.failure).toBeInstanceOf(HangupError);
  });

  test('between a request and its reply', async () => {
    const visit = new IvrVisit({ start: 'main' });
    visit.pbx.wire.delayReplies(500);
    await visit.wait(100);
    visit.caller.hangsUp();
    await visit.wait(5_000);
    expect(visit.failure).toBeInstanceOf(HangupError);
    expect(await visit.leftovers()).toEqual(NOTHING);
  });
});

describe('The switch', () => {
  test('is not asked to answer a channel that is up already', async () => {
    const visit = new IvrVisit({ call: { isAnswered: true } });
    await visit.wait(4_000);
    await visit.types('1');
    expect(visit.pbx.wire.requests.filter(({ name }) => name === 'answer')).toEqual([]);
  });

  test('is asked to answer once, wherever the dialplan enters', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.types('1');
    await visit.wait(100);
    expect(visit.pbx.wire.requests.filter(({ name }) => name === 'answer')).toHaveLength(1);
    expect(visit.call.isAnswered).toBe(true);
  });

  test('lacks a prompt: the caller is led on without it', async () => {
    const visit = new IvrVisit();
    visit.pbx.setMedia('sound:queueapp/welcome', 'missing');
    await visit.wait(1_300);
    expect(visit.heard).toEqual(['1.20 ivr_menu']);
  });

  test('refuses to play: the caller can still press keys', async () => {
    const visit = new IvrVisit({ start: 'main' });
    visit.pbx.wire.refuse('play');
    await visit.wait(2_000);
    await visit.types('2');
    expect(visit.dialled).toMatchObject([{ extension: '2000' }]);
  });

  test('tells a hang-up first as a failed prompt: nothing more is asked of the channel', async () => {
    const visit = new IvrVisit();
    await visit.wait(1_500);
    const asked = visit.pbx.wire.requests.length;
    visit.pbx.wire.loseEvents((event) => event.type === 'stasis-end');
    visit.caller.hangsUp();
    await visit.wait(100);
    visit.call.end({ code: 16, text: 'Normal Clearing' });
    await visit.wait(1_000);
    expect(visit.failure).toBeInstanceOf(HangupError);
    expect(visit.pbx.wire.requests.slice(asked)).toEqual([]);
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('never tells the end of a prompt: it is cut after three minutes', async () => {
    const visit = new IvrVisit({ start: 'main' });
    visit.pbx.wire.loseEvents((event) => event.type === 'playback-finished');
    await visit.wait(180_000 + 3_000);
    expect(visit.dialled).toMatchObject([{ extension: '3000' }]);
  });

  test('never tells that a stopped prompt is silent: a second later the call goes on', async () => {
    const visit = new IvrVisit({ start: 'support-queue' });
    await visit.wait(100);
    visit.pbx.wire.loseEvents((event) => event.type === 'playback-finished');
    await visit.types('1');
    await visit.wait(1_000);
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });

  test('tells everything twice: nothing happens twice', async () => {
    const visit = new IvrVisit();
    visit.pbx.wire.repeatEvents((event) => event.type === 'playback-finished', 10);
    await visit.wait(7_000 + 3_000);
    expect(visit.heard).toEqual(['1.00 welcome', '3.00 ivr_menu']);
    expect(visit.dialled).toHaveLength(1);
  });

  test('answers slowly, and its events overtake the replies: the order is kept', async () => {
    const visit = new IvrVisit();
    visit.pbx.wire.delayReplies(150);
    await visit.wait(1_300);
    await visit.types('1');
    await visit.wait(200);
    await visit.types('1111');
    await visit.wait(4_000);
    expect(visit.codes).toEqual(['1111']);
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });

  test('is away for ten seconds in the middle of the menu: the caller has three seconds from its return', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(2_000);
    visit.pbx.losesConnection();
    await visit.wait(10_000);
    expect(visit.dialled).toEqual([]);
    visit.pbx.reconnects();
    await visit.wait(2_900);
    await visit.types('2');
    expect(visit.dialled).toMatchObject([{ extension: '2000' }]);
  });

  test('is away when the visit begins: it begins on its return', async () => {
    const visit = new IvrVisit({ isAway: true });
    await visit.wait(5_000);
    visit.pbx.reconnects();
    await visit.wait(1_100);
    expect(visit.call.isAnswered).toBe(true);
    expect(visit.heard).toHaveLength(1);
  });

  test('is lost in the instant of the answer: it is asked again by the menu', async () => {
    const visit = new IvrVisit();
    visit.pbx.losesConnection();
    await visit.wait(5_000);
    visit.pbx.reconnects();
    await visit.wait(10_000);
    expect(visit.pbx.wire.requests.filter(({ name }) => name === 'answer')).toHaveLength(2);
    expect(visit.call.isAnswered).toBe(true);
  });

  test('stays away: after a minute the visit comes to its end', async () => {
    const visit = new IvrVisit({ start: 'goodbye' });
    await visit.wait(500);
    visit.pbx.losesConnection();
    await visit.wait(180_000);
    expect(visit.exit).toEqual({ to: 'hangup', causeCode: 34 });
  });

  test('is away and the caller is gone when it returns: nothing is left', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(2_000);
    visit.pbx.losesConnection();
    await visit.wait(1_000);
    visit.pbx.reconnects();
    visit.caller.hangsUp();
    await visit.wait(1_000);
    expect(visit.failure).toBeInstanceOf(HangupError);
    expect(await visit.leftovers()).toEqual(NOTHING);
  });
});

describe('The application stops', () => {
  test('while the menu waits: the step is finished, then the dialplan goes on', async () => {
    const stop = new AbortController();
    const visit = new IvrVisit({ start: 'main', stopping: stop.signal });
    await visit.wait(5_000);
    stop.abort();
    await visit.wait(1_000);
    expect(visit.exit).toBeNull();
    await visit.wait(1_000);
    expect(visit.exit).toEqual({ to: 'dialplan' });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });
});

describe('Other ways out', () => {
  const definition = {
    ...shippedIvr,
    steps: {
      ...shippedIvr.steps,
      voicemail: { kind: 'dialplan', target: { context: 'voicemail', extension: '1000', priority: 1 } },
      russian: playStep({ language: 'ru', prompt: ['sound:queueapp/welcome'], next: 'dialplan' }),
    },
  } as const;

  test('any extension of the dialplan', async () => {
    const visit = new IvrVisit({ definition, start: 'voicemail' });
    await visit.wait(0);
    expect(visit.exit).toEqual({ to: 'dialplan', target: { context: 'voicemail', extension: '1000', priority: 1 } });
  });

  test('a step that does not exist leads back to the dialplan', async () => {
    const visit = new IvrVisit({ definition, start: 'nowhere' });
    await visit.wait(0);
    expect(visit.exit).toEqual({ to: 'dialplan' });
  });

  test('in another language', async () => {
    const visit = new IvrVisit({ definition, start: 'russian' });
    await visit.wait(3_000);
    expect(visit.call.language).toBe('ru');
    expect(visit.caller.variable('CHANNEL(language)')).toBe('ru');
    expect(visit.exit).toEqual({ to: 'dialplan' });
  });
});
