import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { switchName } from '../../src/core/ids.ts';
import type { Lease, Leases } from '../../src/ports/lease.ts';

/** What the suite needs of an adapter. */
export interface LeaseHarness {
  /** A process of its own. */
  process(): Leases;
  /** Lets a holder stand still until the lease may be taken over; it has woken up when this settles. */
  standsStill(lease: Lease, whileItDoes: () => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

const berlin = switchName('berlin');
const hamburg = switchName('hamburg');

/** Waits until a lease lets act without being asked about: whoever has stood still since the last beat asks the database once. */
async function actsUnasked(lease: Lease): Promise<void> {
  for (let asked = lease.confirm(); asked !== undefined; asked = lease.confirm()) await asked;
}

/** The port `Leases`, whatever lies behind it. */
export function leaseSuite(name: string, start: () => Promise<LeaseHarness>): void {
  describe(`${name}: the lease of a switch`, () => {
    let harness: LeaseHarness;
    const stopping = new AbortController();
    const held: Lease[] = [];
    beforeEach(async () => {
      harness = await start();
    });
    afterEach(async () => {
      for (const lease of held.splice(0)) await lease.release();
      await harness.close();
    });

    async function take(switches = [berlin], signal = stopping.signal) {
      const told = { standby: 0, losses: [] as string[] };
      const lease = await harness.process().take(switches, {
        signal,
        onStandby: () => (told.standby += 1),
        onLost: (reason) => told.losses.push(reason),
      });
      held.push(lease);
      return { lease, told };
    }

    test('is had at once when nobody has it, and with a higher epoch each time', async () => {
      const first = await take();
      expect(first.lease).toMatchObject({ switchName: 'berlin', epoch: 1 });
      await actsUnasked(first.lease);
      await first.lease.confirmByDatabase(stopping.signal);
      await first.lease.release();
      const second = await take();
      expect(second.lease.epoch).toBe(2);
      expect([first, second].map(({ told }) => told)).toEqual([
        { standby: 0, losses: [] },
        { standby: 0, losses: [] },
      ]);
    });

    test('passes on when it is given back; who gave it back may not act any more, and has lost nothing', async () => {
      const first = await take();
      const next = take();
      await first.lease.release();
      const second = await next;
      expect(second.lease.epoch).toBe(2);
      await expect(first.lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(first.lease.confirmByDatabase(stopping.signal)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(first.told.losses).toEqual([]);
      await actsUnasked(second.lease);
    });

    test('goes to those who wait one after another, never to two', async () => {
      const first = await take();
      const waiting = [take(), take(), take()];
      const epochs: number[] = [];
      await first.lease.release();
      for (let turn = 0; turn < 3; turn++) {
        const index = await Promise.race(waiting.map((each, place) => each.then(() => place)));
        const [next] = waiting.splice(index, 1);
        const { lease } = await (next as ReturnType<typeof take>);
        epochs.push(lease.epoch);
        await lease.release();
      }
      expect(epochs).toEqual([2, 3, 4]);
    });

    test('of a process that stands still is taken over; when it wakes it is told once, and may do nothing', async () => {
      const first = await take();
      let second: Awaited<ReturnType<typeof take>> | undefined;
      await harness.standsStill(first.lease, async () => {
        second = await take();
      });
      expect(second?.lease.epoch).toBe(2);
      await expect(first.lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(first.lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(first.told.losses).toHaveLength(1);
      if (second !== undefined) await actsUnasked(second.lease);
      expect(second?.told.losses).toEqual([]);
    });

    test('is lost by whoever the database has refused', async () => {
      const { lease, told } = await take();
      lease.refused('the database refused what it wrote');
      lease.refused('again');
      await expect(lease.confirm()).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(told.losses).toEqual(['the database refused what it wrote']);
    });

    test('of several switches is had for the first that nobody serves', async () => {
      const first = await take([berlin, hamburg]);
      const second = await take([berlin, hamburg]);
      expect([first, second].map(({ lease }) => lease.switchName)).toEqual(['berlin', 'hamburg']);
      const next = take([berlin, hamburg]);
      await second.lease.release();
      expect((await next).lease).toMatchObject({ switchName: 'hamburg', epoch: 2 });
    });

    test('is waited for until the process is told to end', async () => {
      const first = await take();
      const ending = new AbortController();
      const next = take([berlin], ending.signal);
      ending.abort(new Error('ended'));
      await expect(next).rejects.toThrow('ended');
      await first.lease.release();
      expect((await take()).lease.epoch).toBe(2);
    });
  });
}
