import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { Outage, REMIND_MS, STEADY_MS } from '../../../src/lib/outage.ts';
import { SAME_WORDS_MAX, SAME_WORDS_MS } from '../../../src/log-flood.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { keptLog } from '../../support/log-lines.ts';

function scene(level = 'info') {
  const clock = new FakeClock();
  const { log, lines } = keptLog(level, clock);
  const words = { lost: 'Lost', still: 'Still', back: 'Back' };
  const outage = new Outage({ power: 'database', words, clock, log });
  return { clock, log, lines, outage, said: () => lines.map(({ msg }) => msg) };
}
const away = () => new AppError('DATABASE_UNAVAILABLE', 'The database does not answer');

describe('a foreign power that is away', () => {
  test('is told once, however many notice it, and once when the last sign is back', async () => {
    const { clock, outage, lines } = scene();
    outage.lost('listener', 'closed');
    outage.lost('statements', 'refused');
    outage.lost('statements', 'refused');
    await clock.advance(30_000);
    expect(outage.back('statements')).toBeNull();
    expect(outage.status).toMatchObject({ isAway: true, reason: 'closed' });
    expect(outage.back('listener', { written: 7 })).toBe(30_000);
    expect(lines).toMatchObject([
      { level: 'warn', msg: 'Lost', lost: 'database', reason: 'closed' },
      { level: 'info', msg: 'Back', back: 'database', reason: 'closed', awayMs: 30_000, written: 7 },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('reminds every ten minutes', async () => {
    const { clock, outage, said } = scene();
    outage.lost('listener', 'closed');
    await clock.advance(3.5 * REMIND_MS);
    expect(said()).toEqual(['Lost', 'Still', 'Still', 'Still']);
    outage.close();
    await clock.advance(REMIND_MS);
    expect(said()).toHaveLength(4);
  });

  test('comes and goes: told back when it has lasted a minute', async () => {
    const { clock, outage, said } = scene();
    for (let round = 0; round < 100; round++) {
      outage.lost('statements', 'slow');
      await clock.advance(1_000);
      outage.back('statements');
      await clock.advance(2_000);
    }
    expect(said()).toEqual(['Lost', 'Back', 'Lost']);
    await clock.advance(STEADY_MS);
    expect(said()).toEqual(['Lost', 'Back', 'Lost', 'Back']);
    expect(clock.pendingTimers).toBe(0);
  });

  test('whose return somebody else tells: that of what comes and goes is told here, when it has lasted a minute', async () => {
    const { clock, log, lines } = scene();
    const words = { lost: 'Lost', still: 'Still', back: null, steady: 'Stays' };
    const outage = new Outage({ power: 'asterisk', words, clock, log });
    outage.lost('connection', 'closed');
    await clock.advance(5_000);
    outage.back('connection');
    expect(outage.isUnsteady).toBe(false);
    // As whoever knows what was caught up tells it.
    log.info({ back: 'asterisk' }, 'Level');
    for (let round = 0; round < 10; round++) {
      await clock.advance(5_000);
      outage.lost('connection', 'closed again');
      log.warn({ err: new AppError('ARI_UNAVAILABLE', 'There is no connection') }, 'Left undone');
      await clock.advance(2_000);
      outage.back('connection');
      expect(outage.isUnsteady).toBe(true);
    }
    await clock.advance(STEADY_MS);
    expect(outage.isUnsteady).toBe(false);
    expect(lines).toMatchObject([
      { msg: 'Lost', lost: 'asterisk' },
      { msg: 'Level' },
      { msg: 'Lost', lost: 'asterisk' },
      { msg: 'Stays', back: 'asterisk', leftOut: 10, awayMs: 65_000 },
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  test('what was never lost is not back', () => {
    const { outage, lines } = scene();
    expect(outage.back('statements')).toBeNull();
    expect(lines).toEqual([]);
  });
});

describe('warnings that say the same', () => {
  test('of a loss that is told already go to debug, and are counted at its end', () => {
    const { log, outage, lines } = scene();
    log.warn({ err: away() }, 'Left undone');
    outage.lost('statements', 'closed');
    for (let call = 0; call < 100; call++) {
      log.child({ callId: `call-${call}` }).warn({ err: away() }, 'Left undone');
      log.error({ err: new AppError('INTERNAL', 'It failed', { cause: away() }) }, 'The call could not be carried on');
    }
    log.warn({ err: new AppError('ARI_UNAVAILABLE', 'Another thing') }, 'Left undone');
    outage.back('statements');
    log.warn({ err: away() }, 'Left undone');
    expect(lines).toMatchObject([
      { msg: 'Left undone' },
      { msg: 'Lost' },
      { msg: 'Left undone', err: { code: 'ARI_UNAVAILABLE' } },
      { msg: 'Back', leftOut: 200 },
      { msg: 'Left undone' },
    ]);
  });

  test('are all there at level debug', () => {
    const { log, outage, lines } = scene('debug');
    outage.lost('statements', 'closed');
    for (let call = 0; call < 10; call++) log.warn({ err: away() }, 'Left undone');
    expect(lines.filter(({ msg }) => msg === 'Left undone')).toMatchObject(
      Array.from({ length: 10 }, () => ({ level: 'debug' })),
    );
  });

  test('with the same words and no known reason: a few, and the next one after ten minutes says how many', async () => {
    const { clock, log, lines } = scene();
    for (let call = 0; call < 100; call++) log.warn({ call }, 'Cut off');
    log.warn('Something else');
    log.error({ call: 1 }, 'Cut off');
    expect(lines).toHaveLength(SAME_WORDS_MAX + 1);
    await clock.advance(SAME_WORDS_MS);
    log.warn({ call: 100 }, 'Cut off');
    log.warn('Something else');
    expect(lines.at(-2)).toMatchObject({ msg: 'Cut off', call: 100, leftOut: 100 - SAME_WORDS_MAX + 1 });
    expect(lines.at(-1)).not.toHaveProperty('leftOut');
  });

  test('never a fatal fault, and never what an operator tells a colleague', () => {
    const { log, lines } = scene();
    for (let call = 0; call < 20; call++) {
      log.fatal('A fault');
      log.info('Call arrived');
    }
    expect(lines).toHaveLength(40);
  });
});
