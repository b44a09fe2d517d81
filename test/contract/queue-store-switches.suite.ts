import { describe, expect, test } from '@jest/globals';
import { entryId, switchName } from '../../src/core/ids.ts';
import { extensionOf, next, type QueueStoreUnderTest, START_MS, scene } from './queue-store.scene.ts';

/** What the processes of several switches tell each other; part of the suite in queue-store.suite.ts. */
export function describeSwitches(open: () => QueueStoreUnderTest): void {
  describe('entries by their ids', () => {
    test('are those that are open, with who is rung for them', async () => {
      const { store, enter, reserve } = await scene(open());
      const rung = await enter();
      const waiting = await enter();
      const gone = await enter();
      await enter();
      const { attemptId } = await reserve(rung);
      await store.leave({ entryId: gone.entryId, outcome: 'ABANDON', atMs: START_MS + 30_000 });
      const asked = [rung, waiting, gone].map((entry) => entry.entryId);
      const found = await store.entries([...asked, entryId('nobody')]);
      expect(found.map((each) => each.entryId)).toEqual([rung.entryId, waiting.entryId]);
      const whole = (await store.openEntries()).filter((each) => asked.includes(each.entryId));
      expect(found).toEqual(whole);
      expect(found[0]?.attempts).toMatchObject([{ attemptId }]);
    });

    test('none asked for are none', async () => {
      expect(await open().store.entries([])).toEqual([]);
    });
  });

  describe('members by their numbers', () => {
    test('are those who are asked for, logged in or not', async () => {
      const { store, queue, extensions } = await scene(open(), 3);
      const [first, second] = [extensionOf(extensions, 0), extensionOf(extensions, 1)];
      await store.logout({ queue, extension: second, uniqueId: 'CLI', atMs: START_MS });
      const numbers = [first.number, second.number];
      expect(await store.extensions(numbers)).toEqual([first, second]);
      const memberships = await store.memberships(numbers);
      expect(memberships).toMatchObject([{ queue, extension: first }]);
      expect((await store.memberships()).filter((each) => each.queue === queue)).toContainEqual(memberships[0]);
      expect(await store.memberships([])).toEqual([]);
    });
  });

  describe('leases of switches', () => {
    const leaseOf = async (name: string) =>
      (await open().store.switchLeases()).find((each) => each.switchName === name);

    test('one is held while its holder’s session is there', async () => {
      const name = `switch-${next()}`;
      const holder = await open().holdSwitch(name);
      expect(await leaseOf(name)).toMatchObject({ isHeld: true, isDraining: false, isAsteriskLost: false });
      await holder.ends();
      expect(await leaseOf(name)).toMatchObject({ isHeld: false });
    });

    test('what the holder says of itself is read', async () => {
      const name = `switch-${next()}`;
      const holder = await open().holdSwitch(name);
      const before = await leaseOf(name);
      await holder.says({ isDraining: true, isAsteriskLost: true });
      expect(await leaseOf(name)).toMatchObject({ epoch: before?.epoch, isDraining: true, isAsteriskLost: true });
      await holder.ends();
    });
  });

  describe('states of phones', () => {
    const of = async (name: string) =>
      (await open().store.switchDevices())
        .filter((each) => each.switchName === name)
        .map(({ device, state }) => `${device} ${state}`)
        .sort();

    test('are kept for each switch, the newest of each phone', async () => {
      const { store } = open();
      const [berlin, paris] = [switchName(`berlin-${next()}`), switchName(`paris-${next()}`)];
      const phone = { device: 'PJSIP/1000', state: 'NOT_INUSE' } as const;
      await store.saveDevices({ switchName: berlin, devices: [phone], isAll: false });
      await store.saveDevices({ switchName: paris, devices: [{ ...phone, state: 'UNAVAILABLE' }], isAll: false });
      const more = [{ ...phone, state: 'INUSE' } as const, { device: 'hint:1001@internal', state: 'RINGING' } as const];
      await store.saveDevices({ switchName: berlin, devices: more, isAll: false });
      expect(await of(berlin)).toEqual(['PJSIP/1000 INUSE', 'hint:1001@internal RINGING']);
      expect(await of(paris)).toEqual(['PJSIP/1000 UNAVAILABLE']);
    });

    test('told as all, they are all', async () => {
      const { store } = open();
      const name = switchName(`rome-${next()}`);
      const phones = ['PJSIP/1', 'PJSIP/2'].map((device) => ({ device, state: 'NOT_INUSE' as const }));
      await store.saveDevices({ switchName: name, devices: phones, isAll: true });
      await store.saveDevices({ switchName: name, devices: [{ device: 'PJSIP/2', state: 'INUSE' }], isAll: true });
      expect(await of(name)).toEqual(['PJSIP/2 INUSE']);
      await store.saveDevices({ switchName: name, devices: [], isAll: true });
      expect(await of(name)).toEqual([]);
    });
  });
}
