import type { Application } from '../stasis/calls/application.ts';
import { callViews, memberViews, queueViews } from '../stasis/calls/application-view.ts';
import type { ApplicationFace, MembershipRequest, PartName, PersonalDataFace } from './http/application-face.ts';
import type { Music } from './music.ts';
import type { PartWatch } from './part-watch.ts';

export interface RunningFaceOptions {
  readonly application: Application;
  readonly music: Music;
  readonly parts: Readonly<Record<PartName, PartWatch>>;
  readonly version: string;
  readonly personalData: PersonalDataFace;
}

/** What the API and the command line see of the running application. */
export function runningFace({ application, music, parts, version, personalData }: RunningFaceOptions): ApplicationFace {
  const { room, calls, memberships } = application;
  const startedAtMs = room.clock.now();
  const request = ({ extension: number, queue }: MembershipRequest) => {
    const extension = memberships.extension(number);
    if (extension === undefined) return 'unknown-extension';
    return room.queues.has(queue) ? { extension, queue, uniqueId: 'CLI' } : 'unknown-queue';
  };
  return {
    personalData,
    status: () => ({
      version,
      startedAtMs,
      isStopping: room.stopping.aborted,
      calls: calls.size,
      parts: { asterisk: parts.asterisk.status, database: parts.database.status, xmpp: parts.xmpp.status },
      music: music.classes(),
    }),
    queues: async () => queueViews(application),
    members: async () => memberViews(application),
    calls: async () => callViews(application),
    async login(asked) {
      // Who is in a queue that was taken away may leave it, and nobody may come.
      if (room.queues.open(asked.queue) === undefined) return 'unknown-queue';
      const known = request(asked);
      return typeof known === 'string' ? known : await memberships.login(known);
    },
    async logout(asked) {
      const known = request(asked);
      return typeof known === 'string' ? known : await memberships.logout(known);
    },
  };
}
