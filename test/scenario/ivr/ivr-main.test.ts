import { describe, expect, test } from '@jest/globals';
import { IvrVisit, NOTHING } from './ivr-visit.ts';

describe('A caller dials 0000', () => {
  test('hears a second of silence, the welcome and the menu, and is put through to reception when pressing nothing', async () => {
    const visit = new IvrVisit();
    await visit.wait(0);
    expect(visit.caller.isAnswered).toBe(true);
    expect(visit.heard).toEqual([]);
    await visit.wait(7_000);
    expect(visit.heard).toEqual(['1.00 welcome', '3.00 ivr_menu']);
    await visit.wait(2_999);
    expect(visit.dialled).toEqual([]);
    await visit.wait(1);
    expect(visit.dialled).toMatchObject([{ extension: '3000', ringTimeoutMs: 30_000 }]);
    await visit.dialEnds('talked');
    expect(visit.exit).toEqual({ to: 'hangup', causeCode: 16 });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('presses 2 for sales; nobody answers there; the dialplan goes on', async () => {
    const visit = new IvrVisit();
    await visit.wait(8_000);
    await visit.types('2');
    expect(visit.dialled).toMatchObject([{ extension: '2000' }]);
    await visit.wait(30_000);
    await visit.dialEnds('no-answer');
    expect(visit.heard).toEqual(['1.00 welcome', '3.00 ivr_menu']);
    expect(visit.exit).toEqual({ to: 'dialplan' });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('presses 1, types 1111 and enters the support queue as Company 1', async () => {
    const visit = new IvrVisit();
    await visit.wait(8_000);
    await visit.types('1');
    await visit.wait(3_500);
    await visit.types('1111');
    await visit.wait(1_700);
    expect(visit.heard.slice(2)).toEqual(['8.00 inform_code']);
    expect(visit.codes).toEqual(['1111']);
    expect(visit.call.customer).toEqual({ id: '1', name: 'Company 1', code: '1111', fields: {} });
    expect(visit.exit).toEqual({
      to: 'queue',
      queue: 'support',
      prompt: ['sound:queueapp/support_team'],
      afterwards: 'dialplan',
    });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('types three codes that nobody has, and is sent away', async () => {
    const visit = new IvrVisit({ start: 'support' });
    for (const code of ['3333', '123#', '0000']) {
      await visit.types(code);
      await visit.wait(6_000);
    }
    await visit.wait(10_000);
    expect(visit.codes).toEqual(['3333', '123', '0000']);
    expect(visit.heard.map((line) => line.split(' ')[1])).toEqual([
      'inform_code',
      ...['invalid_code', 'try_again', 'inform_code'],
      ...['invalid_code', 'try_again', 'inform_code'],
      ...['invalid_code', 'bye', 'tone:congestion'],
    ]);
    expect(visit.call.customer).toBeNull();
    expect(visit.exit).toEqual({ to: 'hangup', causeCode: 34 });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('gets it right at the third try', async () => {
    const visit = new IvrVisit({ start: 'support' });
    for (const code of ['3333', '4444', '2222']) {
      await visit.types(code);
      await visit.wait(6_000);
    }
    expect(visit.call.customer?.name).toBe('Company 2');
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });
});

describe('A key', () => {
  test('cuts the welcome short and is the choice', async () => {
    const visit = new IvrVisit();
    await visit.wait(1_500);
    await visit.types('1');
    expect(visit.hears).toBe('inform_code');
    expect(visit.heard).toEqual(['1.00 welcome', '1.50 inform_code']);
  });

  test('that the menu does not have cuts the welcome short and is no wrong key yet', async () => {
    const visit = new IvrVisit();
    await visit.wait(1_500);
    await visit.types('9');
    expect(visit.heard).toEqual(['1.00 welcome', '1.50 ivr_menu']);
  });

  test('in the middle of the menu counts at once', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(700);
    await visit.types('2');
    expect(visit.dialled).toMatchObject([{ extension: '2000' }]);
    expect(visit.hears).toBeUndefined();
  });

  test('a moment before the three seconds are over still counts', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(4_000 + 2_999);
    await visit.types('2');
    await visit.wait(10);
    expect(visit.dialled).toMatchObject([{ extension: '2000' }]);
  });

  test('cuts the last prompt before the queue short', async () => {
    const visit = new IvrVisit({ start: 'support-queue' });
    await visit.wait(300);
    await visit.types('5');
    expect(visit.exit).toMatchObject({ to: 'queue' });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('cuts goodbye short, but not the tone', async () => {
    const visit = new IvrVisit({ start: 'goodbye' });
    await visit.wait(200);
    await visit.types('55');
    expect(visit.hears).toBe('tone:congestion');
    await visit.wait(3_799);
    expect(visit.exit).toBeNull();
    await visit.wait(1);
    expect(visit.exit).toEqual({ to: 'hangup', causeCode: 34 });
    expect(await visit.leftovers()).toEqual(NOTHING);
  });

  test('the whole way typed in one go', async () => {
    const visit = new IvrVisit();
    await visit.wait(1_200);
    await visit.types('11111', 120);
    await visit.wait(2_000);
    expect(visit.codes).toEqual(['1111']);
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });

  test('all of them in the same instant', async () => {
    const visit = new IvrVisit();
    await visit.wait(1_200);
    visit.caller.press('11111#');
    await visit.wait(2_000);
    expect(visit.codes).toEqual(['1111']);
    expect(visit.exit).toMatchObject({ to: 'queue' });
  });
});

describe('A wrong key', () => {
  test('is regretted and the menu said again; after the third it goes on as if nothing had been pressed', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.wait(1_000);
    await visit.types('7');
    expect(visit.hears).toBe('invalid_option');
    await visit.wait(2_000);
    expect(visit.hears).toBe('ivr_menu');
    await visit.types('*');
    await visit.wait(6_000);
    await visit.types('#');
    await visit.wait(1_800);
    expect(visit.heard).toEqual([
      '0.00 ivr_menu',
      '1.00 invalid_option',
      '2.80 ivr_menu',
      '3.00 invalid_option',
      '4.80 ivr_menu',
      '9.00 invalid_option',
    ]);
    expect(visit.dialled).toMatchObject([{ extension: '3000' }]);
  });

  test('does not stand in the way of a right one', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.types('7');
    await visit.wait(500);
    await visit.types('1');
    expect(visit.hears).toBe('inform_code');
  });

  test('the three seconds after it count from the end of the menu said again', async () => {
    const visit = new IvrVisit({ start: 'main' });
    await visit.types('7');
    await visit.wait(1_800 + 4_000 + 2_999);
    expect(visit.dialled).toEqual([]);
    await visit.wait(1);
    expect(visit.dialled).toHaveLength(1);
  });
});
