// One of the processes of `npm run soak -- reservations`: opens the database room as the application does, and reserves at random. Started
// by reservations.ts with an IPC channel; the parent is the referee.
import { chanceFrom } from '../support/chance.ts';
import { openTestDatabase } from '../support/database.ts';
import { Chaos, ENTRIES, type Referee } from '../support/reservations/chaos.ts';
import type { FromParent, ToParent, Work } from './reservations.ts';

const PROGRESS_EVERY_MS = 1_000;

/** Questions to the parent that are not answered yet; each worker has at most one. */
const asked = new Map<number, (twice: readonly string[]) => void>();
let lastQuestion = 0;
let slots: string[] = [];

function tell(message: ToParent): void {
  process.send?.(message);
}

function ask(question: { take: readonly string[] } | { give: readonly string[] }): Promise<readonly string[]> {
  const number = ++lastQuestion;
  return new Promise((resolve) => {
    asked.set(number, resolve);
    tell({ type: 'question', number, ...question });
  });
}

const referee: Referee = {
  take: (what) => ask({ take: what }),
  give: async (what) => {
    await ask({ give: what });
  },
  moved: (slot, entry) => tell({ type: 'moved', slot, entry }),
};

process.on('message', (message: FromParent) => {
  if (message.type === 'work') void run(message).then(() => process.disconnect());
  else if (message.type === 'moved') slots[message.slot] = message.entry;
  else {
    asked.get(message.number)?.(message.twice);
    asked.delete(message.number);
  }
});

async function run({ databaseUrl, name, workers, reservations, seed, isFirst }: Work): Promise<void> {
  const settings = { pool: workers, connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
  const database = await openTestDatabase(databaseUrl, { settings });
  const chaos = new Chaos(database.queueStore, referee, name);
  for (const [slot, entry] of slots.entries()) chaos.slots[slot] = entry;
  slots = chaos.slots;
  if (isFirst) for (let slot = 0; slot < ENTRIES; slot++) await chaos.enter(slot);
  const progress = setInterval(() => tell({ type: 'counts', counts: chaos.counts, violations: [] }), PROGRESS_EVERY_MS);
  const each = Math.ceil(reservations / workers);
  await Promise.all(
    Array.from({ length: workers }, (_, worker) => chaos.work(each, chanceFrom(seed + worker), worker)),
  );
  clearInterval(progress);
  await database.close();
  tell({ type: 'counts', counts: chaos.counts, violations: chaos.violations });
}
