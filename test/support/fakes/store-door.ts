import type { SwitchName } from '../../../src/core/ids.ts';
import type { Clock } from '../../../src/lib/clock.ts';
import type { QueueStore, ReserveRequest, StoreChange } from '../../../src/ports/queue-store.ts';
import type { MemoryQueueStore } from './memory-queue-store.ts';

/** So long it takes until others hear of a change, as with PostgreSQL when much is told. */
export const NOTICE_MS = 270;
/** And so long of a reservation. */
export const RESERVED_NOTICE_MS = 5;

type Told = (args: never, store: MemoryQueueStore) => readonly StoreChange[];

const entry: Told = ({ entryId, queue }: Extract<StoreChange, { type: 'entry' }>) => [
  { type: 'entry', entryId, queue },
];
const member: Told = ({
  extension,
}: {
  extension: { number: Extract<StoreChange, { type: 'membership' }>['extension'] };
}) => [{ type: 'membership', extension: extension.number }];
const ofEntry: Told = ({ entryId }: Extract<StoreChange, { type: 'entry' }>, store) => {
  const queue = store.queueOf(entryId);
  return queue === undefined ? [] : [{ type: 'entry', entryId, queue }];
};
const ofAttempt: Told = ({ attemptId }: { attemptId: Parameters<MemoryQueueStore['attempt']>[0] }, store) => {
  const attempt = store.attempt(attemptId);
  if (attempt === undefined) return [];
  const { extension, entry: held } = attempt;
  return [
    { type: 'entry', entryId: held.entryId, queue: held.queue },
    { type: 'membership', extension },
  ];
};

/** What each method tells others of, as db/queue-store.ts does. */
const TOLD: Partial<Record<keyof QueueStore, Told>> = {
  enter: entry,
  leave: ofEntry,
  changePriority: ofEntry,
  wantWithdrawal: ofEntry,
  ...{ miss: ofAttempt, answer: ofAttempt, connect: ofAttempt, complete: ofAttempt },
  ...{ login: member, logout: member, pause: member, setPenalty: member, setRingInUse: member, endWrapUp: member },
  saveDevices: ({ switchName, devices }: Parameters<QueueStore['saveDevices']>[0]) =>
    devices.map((each) => ({ type: 'device', switchName, ...each })),
};

/** A reservation is told with all that counts. */
function reserved({ entryId, queue, offers }: ReserveRequest, answer: unknown): readonly StoreChange[] {
  const rings = offers.filter((offer) => Array.isArray(answer) && answer.includes(offer.attemptId));
  return rings.length === 0 ? [] : [{ type: 'entry', entryId, queue, rings }];
}

interface DoorOptions {
  readonly store: MemoryQueueStore;
  /** The switch of the process that comes through it. */
  readonly switchName: SwitchName;
  readonly clock: Clock;
  /** Doors of all processes, this one too. */
  readonly doors: Set<(change: StoreChange, from: SwitchName) => void>;
}

/** One database as one of several processes sees it: of what it does itself it is not told, of what others do a little later. */
export function storeDoor({ store, switchName, clock, doors }: DoorOptions): QueueStore {
  const tellOthers = (changes: readonly StoreChange[], afterMs = NOTICE_MS) => {
    if (changes.length === 0) return;
    clock.after(afterMs, () => {
      for (const change of changes) for (const tell of [...doors]) tell(change, switchName);
    });
  };
  return new Proxy(store as QueueStore, {
    get(target, name: keyof QueueStore) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => unknown;
      if (name === 'subscribe') {
        return (listener: (change: StoreChange) => void) => {
          const tell = (change: StoreChange, from: SwitchName) => {
            if (from !== switchName) listener(change);
          };
          doors.add(tell);
          const unsubscribe = store.subscribe(listener);
          return () => {
            doors.delete(tell);
            unsubscribe();
          };
        };
      }
      return async (...args: unknown[]) => {
        store.switchName = switchName;
        const answer = await method(...args);
        tellOthers(TOLD[name]?.(args[0] as never, store) ?? []);
        if (name === 'reserve') tellOthers(reserved(args[0] as ReserveRequest, answer), RESERVED_NOTICE_MS);
        return answer;
      };
    },
  });
}
