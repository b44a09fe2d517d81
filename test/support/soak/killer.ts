import type { Chance } from '../chance.ts';
import { pause } from '../phones/waiting.ts';
import type { AriFrame, Verdict } from './ari-proxy.ts';
import { type KillPlace, KillPlaces } from './kill-places.ts';
import type { SoakStage } from './stage.ts';

/** One kill: where, what was going on, and how long until calls were matched again. */
export interface Kill {
  readonly place: KillPlace;
  readonly atMs: number;
  /** Entries by state, in the moment after the process was gone. */
  readonly waiting: number;
  readonly ringing: number;
  readonly talking: number;
  /** From the next process's start to matching; `null`: it was killed before. */
  levelMs: number | null;
}

/** Busy as the crowd is, every place is come to many times in this. */
const PLACE_LIMIT_MS = 30_000;
/** Calls that pass the place before the chosen one, at most. */
const PASSED_MAX = 3;

/** Kills the application when a call has come to a place. */
export class Killer {
  readonly #stage: SoakStage;
  readonly #chance: Chance;
  readonly #places = new KillPlaces();
  #wanted: { readonly place: KillPlace; passed: number; readonly kill: () => void } | null = null;

  constructor(stage: SoakStage, chance: Chance) {
    this.#stage = stage;
    this.#chance = chance;
    stage.proxy.watch((frame) => this.#sees(frame));
  }

  /** One kill for each place, in this order; before each the application comes to rest, but before `recovering`. */
  async killAt(places: readonly KillPlace[], onKill: (kill: Kill) => void): Promise<void> {
    for (const [index, place] of places.entries()) {
      if (place !== 'recovering') await pause(200 + this.#chance(1_200));
      const kill = await this.#kill(place);
      if (places[index + 1] !== 'recovering') {
        const life = await this.#stage.supervisor.level(kill.atMs);
        kill.levelMs = (life.levelAtMs ?? Number.NaN) - life.startedAtMs;
      }
      onKill(kill);
    }
  }

  async #kill(place: KillPlace): Promise<Kill> {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#wanted = null;
        reject(new Error(`No call came to the place ${place} within ${PLACE_LIMIT_MS} ms`));
      }, PLACE_LIMIT_MS);
      const kill = () => {
        clearTimeout(timer);
        this.#stage.supervisor.kill();
        resolve();
      };
      const passed = place === 'recovering' ? 0 : this.#chance(PASSED_MAX + 1);
      this.#wanted = { place, passed, kill };
    });
    const atMs = Date.now();
    const [row] = await this.#stage.sql<{ waiting: number; ringing: number; talking: number }>(
      `select count(*) filter (where state = 'waiting')::int as waiting, count(*) filter (where state = 'ringing')::int as ringing,
        count(*) filter (where state = 'talking')::int as talking from queue_entry where state <> 'ended'`,
    );
    return { place, atMs, waiting: 0, ringing: 0, talking: 0, ...row, levelMs: null };
  }

  #sees(frame: AriFrame): Verdict {
    const sighting = this.#places.sees(frame);
    const wanted = this.#wanted;
    if (wanted === null || sighting?.place !== wanted.place) return 'pass';
    if (wanted.passed > 0) {
      wanted.passed -= 1;
      return 'pass';
    }
    this.#wanted = null;
    if (sighting.lasts === 'now') {
      wanted.kill();
      return 'drop';
    }
    setTimeout(wanted.kill, this.#chance(sighting.lasts + 1));
    return 'pass';
  }
}

/** `count` kills, so that every place has its share, in an order by chance. */
export function killPlan(
  count: number,
  places: readonly KillPlace[],
  order: (all: KillPlace[]) => KillPlace[],
): KillPlace[] {
  const all = Array.from({ length: count }, (_, index) => places[index % places.length] as KillPlace);
  const plan = order(all);
  // Only a process that has just been started recovers.
  const begin = plan.findIndex((place) => place !== 'recovering');
  return [...plan.slice(begin), ...plan.slice(0, begin)];
}

/** The kills of one round: so many, and one more where the recovery of the last one is killed, which is over when the next round begins. */
export function roundOf(plan: readonly KillPlace[], from: number, count: number): readonly KillPlace[] {
  let end = from + count;
  while (plan[end] === 'recovering') end++;
  return plan.slice(from, end);
}
