import { momentOf, type Statement } from './statement.ts';

export interface MusicKey {
  readonly number: string;
  readonly musicClass: string;
}

/** The track. That a call began with it is noted once a day, so that most calls write nothing. */
export function recallTrack({ number, musicClass, nowMs }: MusicKey & { nowMs: number }): Statement<{ track: string }> {
  return {
    name: 'recall-track',
    text: `with used as (update caller_music set used_at = ${momentOf('$3')}
        where number = $1 and music_class = $2 and used_at < ${momentOf('$3')} - interval '1 day')
      select track from caller_music where number = $1 and music_class = $2`,
    values: [number, musicClass, nowMs],
  };
}

/** Writes a choice unless a newer one is there: answers may come in another order than they were asked. */
export function rememberTrack(choice: MusicKey & { track: string; atMs: number }): Statement<object> {
  return {
    name: 'remember-track',
    text: `insert into caller_music (number, music_class, track, chosen_at, used_at)
      values ($1, $2, $3, ${momentOf('$4')}, ${momentOf('$4')})
      on conflict (number, music_class) do update
        set track = excluded.track, chosen_at = excluded.chosen_at, used_at = excluded.used_at
        where caller_music.chosen_at <= excluded.chosen_at`,
    values: [choice.number, choice.musicClass, choice.track, choice.atMs],
  };
}
