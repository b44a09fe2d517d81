import { ANNOUNCEMENT_DEFAULTS } from '../core/programme/announcement-settings.ts';
import type { QueueSettings } from '../core/queue/settings.ts';
import { announcedNames } from './prompts.ts';
import type { CheckedFile } from './schema.ts';

/** Something that can be used and is hardly meant. */
interface Oddity {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is odd in what a queue announces. */
export function announcementOddities(queue: QueueSettings, file: CheckedFile): Oddity[] {
  return [...withoutFrequency(queue), ...withoutOwnRule(queue), ...withoutFolder(queue, file)];
}

const OF_PLACE = ['position', 'positionLimit', 'onlyUp', 'holdTime', 'roundSeconds', 'toFirst', 'thanks'] as const;
const OF_PERIODIC = ['startDelayMs', 'order', 'relative'] as const;

/** Settings of what is never said. */
function withoutFrequency({ name, announcements }: QueueSettings): Oddity[] {
  const path = ['queues', name, 'announcements'];
  const { periodic } = announcements;
  const defaults = ANNOUNCEMENT_DEFAULTS;
  const isPlaceSet = OF_PLACE.some((key) => announcements[key] !== defaults[key]);
  const isPeriodicSet =
    OF_PERIODIC.some((key) => periodic[key] !== defaults.periodic[key]) ||
    periodic.prompts.join() !== defaults.periodic.prompts.join();
  return [
    ...(announcements.frequencyMs === 0 && isPlaceSet
      ? [{ path, message: 'tells nothing of place and waiting time: it has no frequency' }]
      : []),
    ...(periodic.frequencyMs === 0 && isPeriodicSet
      ? [{ path: [...path, 'periodic'], message: 'says nothing: it has no frequency' }]
      : []),
  ];
}

/** The announcements' rules take the place of the programme's. */
function withoutOwnRule({ name, announcements, programme }: QueueSettings): Oddity[] {
  if (announcements.frequencyMs === 0 || programme.position === undefined) return [];
  const message = 'has no effect: announcements.frequency decides when the place is told';
  return [{ path: ['queues', name, 'programme', 'position'], message }];
}

/** The programme mixes Asterisk's own recordings only where it knows their folder. */
function withoutFolder(queue: QueueSettings, { sounds, 'music-classes': classes }: CheckedFile): Oddity[] {
  const isOurs = classes === undefined ? queue.musicClass === 'default' : Object.hasOwn(classes, queue.musicClass);
  const names = announcedNames([queue]);
  if (!isOurs || sounds.asteriskFolder !== null || names.length === 0) return [];
  const message = `names recordings of Asterisk's folder (${names.join(', ')}), which callers hear only with sounds.asterisk-folder`;
  return [{ path: ['queues', queue.name, 'announcements'], message }];
}
