import { type Command, InvalidArgumentError } from 'commander';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { printable, type Streams } from './output.ts';

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
}

interface LoginOptions extends CommonOptions {
  readonly penalty?: number;
  readonly paused?: boolean;
  readonly reason?: string;
}

interface PauseOptions extends CommonOptions {
  readonly reason?: string;
}

/** What is asked of the application for one extension, and how its answer is told to people. */
interface Asked {
  readonly extension: string;
  readonly action: string;
  readonly body: object;
  readonly sentence: (isNews: boolean) => string;
}

/** login, logout, pause, unpause, penalty, ring-in-use and wrap-up. */
export function addMemberCommands(root: Command, parts: Parts): void {
  const ask = async ({ extension, action, body, sentence }: Asked, options: CommonOptions) => {
    const path = `/members/${encodeURIComponent(extension)}/${action}`;
    const answer = (await client(parts, options).post(path, body)) as { outcome: string };
    const isNews = answer.outcome !== 'already' && answer.outcome !== 'not-logged-in';
    parts.streams.out(options.json ? asJson(answer) : `${printable(sentence(isNews))}\n`);
  };
  addMemberships(root, ask);
  addPauses(root, ask);
  command(root, 'penalty <extension> <queue>', 'Set the penalty of a member: lower is asked first.')
    .argument('<number>', 'the penalty', wholeNumber)
    .action(async (extension: string, queue: string, penalty: number, options: CommonOptions) => {
      const sentence = (isNews: boolean) =>
        `${extension} has ${isNews ? 'now' : 'already'} penalty ${penalty} in ${queue}`;
      await ask({ extension, action: 'penalty', body: { queue, penalty }, sentence }, options);
    });
  command(
    root,
    'ring-in-use <extension> <queue>',
    'Whether a member is rung while talking: yes, no, or default, as the queue says.',
  )
    .argument('<value>', 'yes, no or default', ringInUseOf)
    .action(async (extension: string, queue: string, ringInUse: boolean | null, options: CommonOptions) => {
      const how =
        ringInUse === null ? `is rung in use as ${queue} says` : `is ${ringInUse ? '' : 'not '}rung in use in ${queue}`;
      const sentence = (isNews: boolean) => `${extension} ${how}${isNews ? '' : ' already'}`;
      await ask({ extension, action: 'ring-in-use', body: { queue, ringInUse }, sentence }, options);
    });
  command(root, 'wrap-up <extension> <end>', "End a member's wrap-up: calls may come at once.").action(
    async (extension: string, end: string, options: CommonOptions, self: Command) => {
      if (end !== 'end') self.error("error: all that can be done with a wrap-up is 'end'");
      const sentence = (isNews: boolean) =>
        isNews ? `The wrap-up of ${extension} is over` : `${extension} is in no wrap-up`;
      await ask({ extension, action: 'end-wrap-up', body: {}, sentence }, options);
    },
  );
}

type Ask = (asked: Asked, options: CommonOptions) => Promise<void>;

function addMemberships(root: Command, ask: Ask): void {
  command(root, 'login <extension> <queue>', 'Log an extension in to a queue.')
    .option('--penalty <number>', 'lower is asked first (default: 0)', wholeNumber)
    .option('--paused', 'begin paused')
    .option('--reason <text>', 'why, with --paused')
    .action(async (extension: string, queue: string, options: LoginOptions) => {
      const { penalty, paused, reason } = options;
      const body = {
        queue,
        ...(penalty === undefined ? {} : { penalty }),
        ...(paused ? { paused, reason: reason ?? '' } : {}),
      };
      const sentence = (isNews: boolean) => `${extension} ${isNews ? 'is' : 'was already'} logged in to ${queue}`;
      await ask({ extension, action: 'login', body, sentence }, options);
    });
  command(root, 'logout <extension> <queue>', 'Log an extension out of a queue.').action(
    async (extension: string, queue: string, options: CommonOptions) => {
      const sentence = (isNews: boolean) =>
        `${extension} ${isNews ? 'is logged out of' : 'was not logged in to'} ${queue}`;
      await ask({ extension, action: 'logout', body: { queue }, sentence }, options);
    },
  );
}

function addPauses(root: Command, ask: Ask): void {
  command(root, 'pause <extension> [queue]', 'Pause a member in a queue, or in all.')
    .option('--reason <text>', 'why')
    .action(async (extension: string, queue: string | undefined, options: PauseOptions) => {
      const { reason } = options;
      const body = { ...(queue === undefined ? {} : { queue }), ...(reason === undefined ? {} : { reason }) };
      const sentence = (isNews: boolean) =>
        `${extension} is ${isNews ? '' : 'already '}paused in ${queue ?? 'all queues'}`;
      await ask({ extension, action: 'pause', body, sentence }, options);
    });
  command(root, 'unpause <extension> [queue]', 'End the pause of a member in a queue, or in all.').action(
    async (extension: string, queue: string | undefined, options: CommonOptions) => {
      const sentence = (isNews: boolean) =>
        `${extension} ${isNews ? 'is back' : 'was not paused'} in ${queue ?? 'all queues'}`;
      await ask({ extension, action: 'unpause', body: queue === undefined ? {} : { queue }, sentence }, options);
    },
  );
}

/** What is no whole number is wrong usage; which ones there can be the application says. */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (!/^-?\d{1,15}$/.test(text) || !Number.isSafeInteger(number)) {
    throw new InvalidArgumentError(`expected a whole number, got ${JSON.stringify(text.slice(0, 40))}.`);
  }
  return number;
}

function ringInUseOf(value: string): boolean | null {
  if (value === 'default') return null;
  if (value === 'yes' || value === 'no') return value === 'yes';
  throw new InvalidArgumentError(`expected yes, no or default, got ${JSON.stringify(value.slice(0, 40))}.`);
}
