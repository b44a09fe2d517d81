import type { Command } from 'commander';
import { AppError, isAppError } from '../errors.ts';
import type { DrainJson } from '../http/drain-routes.ts';
import type { ApiClient } from './api-client.ts';
import { asJson, type CommonOptions, client, command } from './command.ts';
import type { LiveTerminal } from './live-terminal.ts';
import type { Streams } from './output.ts';

const EVERY_MS = 1_000;

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
  /** Where somebody waits, and may have seen enough. */
  live(): LiveTerminal;
}

interface DrainOptions extends CommonOptions {
  readonly cancel?: boolean;
  readonly wait: boolean;
}

/** drain: the end of the running application without a call that suffers by it. */
export function addDrainCommand(root: Command, parts: Parts): void {
  command(root, 'drain', 'Take no new calls, hand over or finish those that are here, then end the application.')
    .option('--cancel', 'take it back')
    .option('--no-wait', 'do not wait until it is over')
    .addHelpText('after', HELP_END)
    .action(async (options: DrainOptions) => {
      const api = client(parts, options);
      if (options.cancel) return await takeBack(api, parts, options);
      await drain(api, parts, options);
    });
}

const HELP_END = `
With another process that is standby for the same switch all calls are handed over to it at once, and go on there.
Without one, callers who wait go back to the dialplan (QUEUESTATUS=UNAVAILABLE), callers in the menus finish their
step, who talks talks on, at most limits.drain-time. A standby that is started meanwhile takes over.`;

async function takeBack(api: ApiClient, { streams }: Parts, { json }: DrainOptions): Promise<void> {
  const answer = (await api.post('/drain/cancel', {})) as DrainJson;
  if (answer.draining) throw new AppError('REQUEST_INVALID', 'It is too late: everything has been handed over');
  streams.out(json ? asJson(answer) : 'Calls are taken again\n');
}

async function drain(api: ApiClient, parts: Parts, { json = false, wait }: DrainOptions): Promise<void> {
  const say = (text: string) => {
    if (!json) parts.streams.out(`${text}\n`);
  };
  say(planText((await api.get('/drain')) as DrainJson));
  let state = (await api.post('/drain', {})) as DrainJson;
  if (!wait) {
    if (json) parts.streams.out(asJson(state));
    return;
  }
  const { process } = state;
  const terminal = parts.live();
  let told = '';
  try {
    while (await terminal.pause(EVERY_MS)) {
      const now = await stateOf(api, process);
      if (now === null) {
        if (json) parts.streams.out(asJson({ ...state, ended: true }));
        say(endText(state));
        return;
      }
      state = now;
      if (!state.draining) throw new AppError('REQUEST_INVALID', 'The drain was taken back by somebody else');
      const text = progressText(state);
      if (text !== told) say(text);
      told = text;
    }
    say('The drain goes on; queueapp drain --cancel takes it back');
  } finally {
    terminal.release();
  }
}

/** `null`: the process has ended; at its address there is nothing, or another one already. */
async function stateOf(api: ApiClient, process: string): Promise<DrainJson | null> {
  try {
    const state = (await api.get('/drain')) as DrainJson;
    return state.process === process ? state : null;
  } catch (error) {
    // A standby has the address already, and has nothing to drain.
    if (isAppError(error, 'APPLICATION_UNREACHABLE') || isAppError(error, 'STANDBY')) return null;
    throw error;
  }
}

/** What is going to happen. */
function planText({ to, standbys, calls, limitSeconds }: DrainJson): string {
  if (to === 'process') {
    const who = standbys === 1 ? 'Another process is standby' : `${standbys} other processes are standby`;
    return `${who} and takes over: ${callsText(calls)}; nobody is sent away`;
  }
  const why = standbys === null ? 'The database is away, so nobody can take over' : 'No other process is standby';
  const minutes = Math.round(limitSeconds / 60);
  const most = limitSeconds % 60 === 0 && minutes > 0 ? `${minutes} min` : `${limitSeconds} s`;
  return `${why}: ${callsText(calls)}; who waits goes back to the dialplan, talks are waited for (at most ${most})`;
}

function progressText({ to, calls }: DrainJson): string {
  return to === 'process' ? `Handing over: ${callsText(calls)}` : callsText(calls);
}

function endText({ to, calls }: DrainJson): string {
  const left = Object.values(calls).reduce((sum, count) => sum + count, 0);
  if (to === 'process') return 'Handed over: the process has ended';
  return left === 0 ? 'Done: the process has ended' : 'The process has ended';
}

/** `3 talks, 2 waiting, 1 ringing, 4 in menus`; what is not there is left out. */
export function callsText({ ivr, waiting, ringing, talking, leaving }: DrainJson['calls']): string {
  const parts = [
    [talking, talking === 1 ? 'talk' : 'talks'],
    [waiting, 'waiting'],
    [ringing, 'ringing'],
    [ivr, 'in menus'],
    [leaving, 'leaving'],
  ] as const;
  const there = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return there.length === 0 ? 'no calls' : there.join(', ');
}
