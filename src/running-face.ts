import type { Application } from '../stasis/calls/application.ts';
import { callCounts, callViews, memberViews, queueViews } from '../stasis/calls/application-view.ts';
import type { RowFinding } from './config/load.ts';
import { type Drain, processName } from './drain.ts';
import { rowText } from './effective-config.ts';
import type { ApplicationFace, ConfigurationFace, PartName, PersonalDataFace } from './http/application-face.ts';
import type { FiguresFace } from './http/figures-face.ts';
import type { Music } from './music.ts';
import type { PartWatch } from './part-watch.ts';
import { type PendingSources, pendingViews } from './pending.ts';
import { recordingFace } from './recording-face.ts';
import { runningCalls } from './running-calls.ts';
import { runningMembers } from './running-members.ts';
import type { StandingWatch } from './standing-watch.ts';

export interface RunningFaceOptions {
  readonly application: Application;
  readonly music: Music;
  readonly parts: Readonly<Record<PartName, PartWatch>>;
  readonly version: string;
  readonly personalData: PersonalDataFace;
  readonly configuration: ConfigurationFace & { readonly refused: readonly RowFinding[] };
  readonly figures: FiguresFace;
  readonly drain: Drain;
  readonly pending: PendingSources;
  readonly standing: StandingWatch;
}

/** What the API and the command line see of the running application. */
export function runningFace({ application, music, parts, version, ...faces }: RunningFaceOptions): ApplicationFace {
  const { room, calls } = application;
  const startedAtMs = room.clock.now();
  return {
    personalData: faces.personalData,
    configuration: faces.configuration,
    figures: faces.figures,
    drain: faces.drain,
    recordings: recordingFace(application),
    status: () => ({
      version,
      startedAtMs,
      isStopping: room.stopping.aborted,
      process: processName(),
      role: faces.drain.isOn ? 'draining' : 'active',
      calls: calls.size,
      callsBy: callCounts(application),
      pending: pendingViews(faces.pending),
      ownSwitch: room.switchName,
      switches: faces.standing.switches?.list ?? [],
      switchesAsOfMs: faces.standing.switches?.asOfMs ?? null,
      parts: { asterisk: parts.asterisk.status, database: parts.database.status, xmpp: parts.xmpp.status },
      music: music.classes(),
      refusedRows: faces.configuration.refused.map((finding) => ({
        table: finding.table,
        row: finding.name,
        reason: rowText(finding),
      })),
    }),
    queues: async () => queueViews(application),
    members: async () => memberViews(application),
    calls: async () => callViews(application),
    ...runningMembers(application),
    ...runningCalls(application),
  };
}
