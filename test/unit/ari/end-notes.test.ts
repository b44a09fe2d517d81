import { describe, expect, test } from '@jest/globals';
import { type ChannelId, channelId, mediaChannelId } from '../../../src/core/ids.ts';
import { AppError } from '../../../src/errors.ts';
import type { ChannelSnapshot } from '../../../src/ports/pbx.ts';
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
  isRefusing = false;
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
    if (this.isRefusing) return { status: 500, body: '' };
    if (address.startsWith('asterisk/')) this.values.delete(name);
    return { status: 204, body: '' };
  }
}

const caller = channelId('pbx-1795976098.1');
const removalOf = (id: ChannelId) => `POST asterisk/variable?variable=QUEUEAPP_END_${id}`;
const NOTED = { isEndNoted: true };

describe('ends that Asterisk writes down', () => {
  test('without a handler in the dialplan nothing is asked of it', async () => {
    const globals = await Globals.with('');
    expect(await globals.notes.note(caller)).toBe('done');
    expect(await globals.notes.endOf(caller)).toBeNull();
    globals.notes.forget(caller);
    expect([globals.asked, globals.notes.legVariables(NOTED), globals.clock.pendingTimers]).toEqual([[], {}, 0]);
  });

  test.each(['queueapp-ended', 'a,b,c)=SHELL(x)', 'a b,s,1'])('%s is no handler', async (handler) => {
    const globals = await Globals.with(handler);
    expect(globals.notes.legVariables(NOTED)).toEqual({});
  });

  test('a caller gets the handler by one request, a leg by being made', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    await globals.notes.note(caller);
    expect(globals.asked).toEqual([
      'POST channels/pbx-1795976098.1/variable?variable=CHANNEL(hangup_handler_push)&value=queueapp-ended%2Cs%2C1',
    ]);
    expect(globals.notes.legVariables(NOTED)).toEqual({ 'CHANNEL(hangup_handler_push)': 'queueapp-ended,s,1' });
    expect(globals.notes.legVariables({})).toEqual({});
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

  test('notes of ends that were heard of go five seconds later; channels of ours that are nobody’s call have none', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.values.set(`QUEUEAPP_END_${caller}`, '1795976099|16');
    globals.notes.observe({ type: 'stasis-end', channelId: caller });
    globals.notes.observe({ type: 'stasis-end', channelId: mediaChannelId('1') });
    await globals.clock.advance(4_999);
    expect(globals.asked).toEqual([]);
    await globals.clock.advance(1);
    expect(globals.asked).toEqual([removalOf(caller)]);
    expect([...globals.values.keys()]).toEqual(['QUEUEAPP_ENDED']);
    expect(globals.clock.pendingTimers).toBe(0);
  });

  test('those of one second go together', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    const all = [0, 400, 900, 1_500].map((afterMs) => ({ afterMs, channelId: channelId(`pbx-${afterMs}`) }));
    for (const { afterMs, channelId: each } of all)
      globals.clock.after(afterMs, () => globals.notes.observe({ type: 'stasis-end', channelId: each }));
    await globals.clock.advance(5_000);
    expect(globals.asked).toEqual(all.slice(0, 3).map(({ channelId: each }) => removalOf(each)));
    await globals.clock.advance(1_500);
    expect(globals.asked).toHaveLength(4);
  });

  test('a handler that ran late is waited for: what is told of the channel afterwards puts the removal off', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.notes.observe({ type: 'stasis-end', channelId: caller });
    await globals.clock.advance(4_000);
    globals.notes.observe({ type: 'channel-destroyed', channelId: caller, cause: { code: 16, text: '' } });
    await globals.clock.advance(4_999);
    expect(globals.asked).toEqual([]);
    await globals.clock.advance(1);
    expect(globals.asked).toEqual([removalOf(caller)]);
  });

  test('of a channel that comes back from the dialplan nothing is removed any more', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.notes.observe({ type: 'stasis-end', channelId: caller });
    globals.notes.observe({ type: 'stasis-start', channel: { channelId: caller } as ChannelSnapshot, args: [] });
    await globals.clock.advance(60_000);
    expect(globals.asked).toEqual([]);
  });

  test('without a connection they are asked for again, until there is one, without another end', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    for (const each of [caller, channelId('pbx-2')]) globals.notes.forget(each);
    globals.isAway = true;
    await globals.clock.advance(5_000);
    expect(globals.left).toHaveLength(1);
    await globals.clock.advance(600_000);
    globals.isAway = false;
    await globals.clock.advance(5_000);
    expect(globals.asked).toEqual([removalOf(caller), removalOf(channelId('pbx-2'))]);
    expect(globals.clock.pendingTimers).toBe(0);
  });

  test('a removal that is refused is tried three times', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.notes.forget(caller);
    globals.isRefusing = true;
    await globals.clock.advance(60_000);
    expect(globals.asked).toEqual([removalOf(caller), removalOf(caller), removalOf(caller)]);
    expect(globals.left).toEqual(['status 500', 'status 500', 'status 500']);
    expect(globals.clock.pendingTimers).toBe(0);
  });

  test('after the end of the process nothing is removed', async () => {
    const globals = await Globals.with('queueapp-ended,s,1');
    globals.notes.forget(caller);
    globals.notes.close();
    expect(globals.clock.pendingTimers).toBe(0);
  });
});
