import { describe, expect, test } from '@jest/globals';
import { channelId, mediaChannelId } from '../../../src/core/ids.ts';
import { AppError } from '../../../src/errors.ts';
import { EndNotes } from '../../../stasis/ari/end-notes.ts';
import type { AriRequest, AriResponse } from '../../../stasis/ari/request-table.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** Asterisk's global variables, and what was asked of it. */
class Globals {
  readonly clock = new FakeClock();
  readonly values = new Map<string, string>();
  readonly asked: string[] = [];
  readonly left: unknown[] = [];
  isAway = false;
  readonly notes = new EndNotes({
    request: (request) => this.request(request),
    clock: this.clock,
    onLeft: (error) => this.left.push(error),
  });

  static async with(handler: string): Promise<Globals> {
    const globals = new Globals();
    if (handler !== '') globals.values.set('QUEUEAPP_ENDED', handler);
    await globals.notes.restore((request) => globals.request(request));
    globals.asked.length = 0;
    return globals;
  }

  async request({ method, address }: AriRequest): Promise<AriResponse> {
    if (this.isAway) throw new AppError('ARI_UNAVAILABLE', 'away');
    this.asked.push(`${method} ${address}`);
    const name = /variable=([^&]*)/.exec(address)?.[1] ?? '';
    if (method === 'GET') return { status: 200, body: JSON.stringify({ value: this.values.get(name) ?? '' }) };
    if (address.startsWith('asterisk/')) this.values.delete(name);
    return { status: 204, body: '' };
  }
}

const caller = channelId('pbx-1795976098.1');

describe('ends that Asterisk writes down', () => {
  test('without a handler in the dialplan nothing is asked of it', async () => {
    const globals = await Globals.with('');
    expect(await globals.notes.note(caller)).toBe('done');
    expect(await globals.notes.endOf(caller)).toBeNull();
    globals.notes.forget(caller);
    expect([globals.asked, globals.notes.legVariables(), globals.clock.pendingTimers]).toEqual([[], {}, 0]);
  });

  test.each(['queueapp-ended', 'a,b,c)=SHELL(x)', 'a b,s,1'])('%s is no handler', async (handler) => {
    const globals = await Globals.with(handler);
    expect(globals.notes.legVariables()).toEqual({});
  });

  test('a caller gets the handler by one request, a leg by being made', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    await globals.notes.note(caller);
    expect(globals.asked).toEqual([
      'POST channels/pbx-1795976098.1/variable?variable=CHANNEL(hangup_handler_push)&value=queueapp-ended%2Cs%2C1',
    ]);
    expect(globals.notes.legVariables()).toEqual({ 'CHANNEL(hangup_handler_push)': 'queueapp-ended,s,1' });
  });

  test.each([
    ['1795976099|16', { atMs: 1_795_976_099_000, cause: { code: 16 } }],
    ['1795976099|', { atMs: 1_795_976_099_000, cause: { code: 0 } }],
    ['', null],
    ['soon|16', null],
    ['1795976099|16|x', null],
  ])('a note %j is read as %j', async (note, expected) => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.values.set(`QUEUEAPP_END_${caller}`, note);
    const end = await globals.notes.endOf(caller);
    if (expected === null) expect(end).toBeNull();
    else expect(end).toMatchObject(expected);
  });

  test('notes of ends that were heard of go a second later; channels of ours that are nobody’s call have none', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.values.set(`QUEUEAPP_END_${caller}`, '1795976099|16');
    globals.notes.observe({ type: 'stasis-end', channelId: caller });
    globals.notes.observe({ type: 'channel-destroyed', channelId: caller, cause: { code: 16, text: '' } });
    globals.notes.observe({ type: 'stasis-end', channelId: mediaChannelId('1') });
    await globals.clock.advance(999);
    expect(globals.asked).toEqual([]);
    await globals.clock.advance(1);
    expect(globals.asked).toEqual([`POST asterisk/variable?variable=QUEUEAPP_END_${caller}`]);
    expect([...globals.values.keys()]).toEqual(['QUEUEAPP_ENDED']);
  });

  test('without a connection they go with the next ones', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.notes.forget(caller);
    globals.isAway = true;
    await globals.clock.advance(1_000);
    expect(globals.left).toHaveLength(1);
    globals.isAway = false;
    globals.notes.forget(channelId('pbx-2'));
    await globals.clock.advance(1_000);
    expect(globals.asked).toHaveLength(2);
    globals.notes.close();
    expect(globals.clock.pendingTimers).toBe(0);
  });
});
