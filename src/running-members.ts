import type { Application } from '../stasis/calls/application.ts';
import { wrapUpOf } from '../stasis/calls/application-view.ts';
import type { ExtensionNumber, QueueName } from './core/ids.ts';
import type { Extension } from './core/people.ts';
import type { MemberFace } from './http/member-face.ts';

/** What the API and the command line can do with the members of the running application. */
export function runningMembers({ room, memberships }: Application): MemberFace {
  const known = (number: ExtensionNumber, queue: QueueName | null): Extension | Unknown => {
    const extension = memberships.extension(number);
    if (extension === undefined) return 'unknown-extension';
    return queue === null || room.queues.has(queue) ? extension : 'unknown-queue';
  };
  return {
    async login({ extension: number, ...asked }) {
      const extension = known(number, asked.queue);
      if (typeof extension === 'string') return extension;
      // Who is in a queue that was taken away may leave it, and nobody may come.
      if (room.queues.open(asked.queue) === undefined) return 'unknown-queue';
      return await memberships.login({ ...asked, extension, uniqueId: 'CLI' });
    },
    async logout({ extension: number, queue }) {
      const extension = known(number, queue);
      return typeof extension === 'string'
        ? extension
        : await memberships.logout({ queue, extension, uniqueId: 'CLI' });
    },
    async pause({ extension: number, ...asked }) {
      const extension = known(number, asked.queue);
      return typeof extension === 'string' ? extension : await memberships.pause({ ...asked, extension });
    },
    async setPenalty({ extension: number, ...asked }) {
      const extension = known(number, asked.queue);
      return typeof extension === 'string' ? extension : await memberships.setPenalty({ ...asked, extension });
    },
    async setRingInUse({ extension: number, ...asked }) {
      const extension = known(number, asked.queue);
      if (typeof extension === 'string') return extension;
      const inEffect = asked.ringInUse ?? room.queues.get(asked.queue)?.ringInUse ?? false;
      return await memberships.setRingInUse({ ...asked, extension, inEffect });
    },
    async endWrapUp({ extension: number }) {
      const extension = known(number, null);
      if (typeof extension === 'string') return extension;
      const queues = [...room.queues.keys()].flatMap((queue) => room.board.membersOf(queue));
      const mine = queues.filter((member) => member.extension.number === number);
      if (mine.length === 0) return 'not-logged-in';
      const untilMs = wrapUpOf(mine, room.queues, room.clock.now());
      return untilMs === null ? 'already' : await memberships.endWrapUp({ extension });
    },
  };
}

type Unknown = 'unknown-extension' | 'unknown-queue';
