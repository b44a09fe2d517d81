import type { Chance } from '../chance.ts';
import { pause } from '../phones/waiting.ts';
import { ANSWERING } from './crowd.ts';
import type { SoakStage } from './stage.ts';

/** What members have done besides answering, by kind. */
export type Deeds = Record<'login' | 'logout' | 'pause' | 'unpause', number>;

/** Between two deeds. */
const PAUSE_MS = 1_500;

/**
 * Members log in and out and pause as people do, for so long. One who answers always stays, so that the line moves; what the application
 * does not do, because it is dead at the moment, is not counted.
 */
export async function busyDay(stage: SoakStage, chance: Chance, untilMs: number): Promise<Deeds> {
  const deeds: Deeds = { login: 0, logout: 0, pause: 0, unpause: 0 };
  const away = new Map<string, 'logout' | 'pause'>();
  const restless = stage.members.filter((_, index) => index !== 0);
  while (Date.now() < untilMs) {
    await pause(Math.min(PAUSE_MS / 2 + chance(PAUSE_MS), Math.max(0, untilMs - Date.now())));
    const extension = restless[chance(restless.length)] ?? '';
    const is = away.get(extension);
    const act = is === undefined ? (['logout', 'pause'] as const)[chance(2)] : BACK[is];
    // Two at most are away.
    if (act === undefined || (is === undefined && away.size >= ANSWERING / 2)) continue;
    if (!(await stage.member(extension, act))) continue;
    deeds[act] += 1;
    if (act === 'logout' || act === 'pause') away.set(extension, act);
    else away.delete(extension);
  }
  for (const [extension, is] of away) await stage.member(extension, BACK[is]);
  return deeds;
}

const BACK = { logout: 'login', pause: 'unpause' } as const;
