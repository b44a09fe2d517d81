import { mergeProgramme } from '../core/programme/settings.ts';
import type { QueueSettings } from '../core/queue/settings.ts';
import { announcementOddities } from './announcement-oddities.ts';
import { didYouMean } from './nearest.ts';
import type { CheckedFile } from './schema.ts';

/** Something that can be used and is hardly meant. */
interface Oddity {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is odd in one queue beside the music classes of its file. */
export function oddities(queue: QueueSettings, file: CheckedFile): Oddity[] {
  return [...ofProgramme(queue, file), ...announcementOddities(queue, file)];
}

function ofProgramme(queue: QueueSettings, { 'music-classes': classes }: CheckedFile): Oddity[] {
  const ours = classes === undefined ? ['default'] : Object.keys(classes);
  if (!ours.includes(queue.musicClass)) return withoutProgramme(queue, ours);
  return hiddenKeys(queue, classes?.[queue.musicClass]?.programme ?? {});
}

/** Asterisk plays the queue's class: what is set for a programme is not heard. */
function withoutProgramme({ name, musicClass, programme, accounts }: QueueSettings, ours: readonly string[]): Oddity[] {
  const native = `Asterisk plays the class ${musicClass} of musiconhold.conf by itself`;
  const near = didYouMean(musicClass, ours);
  const misspelt = { path: ['queues', name, 'music-class'], message: `is none of music-classes: ${native}${near}` };
  const unused = [Object.keys(programme).length > 0 ? 'programme' : '', accounts === null ? '' : 'accounts'];
  return [
    ...(near === '' ? [] : [misspelt]),
    ...unused
      .filter((setting) => setting !== '')
      .map((setting) => ({ path: ['queues', name, setting], message: `has no effect: ${native}` })),
  ];
}

const WORDS = { nextTune: 'next-tune', accounts: 'accounts', position: 'position' } as const;

/** An exit key goes before the programme's: the caller would leave the queue instead of hearing the next tune. */
function hiddenKeys(queue: QueueSettings, ofClass: QueueSettings['programme']): Oddity[] {
  const { keys } = mergeProgramme(ofClass, queue.programme);
  return Object.entries(keys).flatMap(([use, key]) => {
    // Without an account source its key is not offered.
    if (key === null || !Object.hasOwn(queue.exitKeys, key) || (use === 'accounts' && queue.accounts === null))
      return [];
    const word = WORDS[use as keyof typeof WORDS];
    return [
      {
        path: ['queues', queue.name, 'exit-keys', key],
        message: `goes before the programme's key ${word}, which is not heard`,
      },
    ];
  });
}
