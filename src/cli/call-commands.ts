import type { Command } from 'commander';
import { asJson, type CommonOptions, client, command } from './command.ts';
import { wholeNumber } from './member-commands.ts';
import { printable, type Streams } from './output.ts';

interface Parts {
  readonly env: NodeJS.ProcessEnv;
  readonly streams: Streams;
}

interface PriorityOptions extends CommonOptions {
  readonly atOnce?: boolean;
}

interface DropOptions extends CommonOptions {
  readonly info?: string;
}

/** priority and drop: what can be done with a caller who waits. */
export function addCallCommands(root: Command, parts: Parts): void {
  command(root, 'priority <call-id>', 'Give a waiting caller another priority: higher goes first.')
    .argument('<number>', 'the priority', wholeNumber)
    .option('--at-once', 'the place changes, too: behind all of that priority')
    .action(async (callId: string, priority: number, options: PriorityOptions) => {
      const { atOnce = false } = options;
      const path = `/calls/${encodeURIComponent(callId)}/priority`;
      const answer = await client(parts, options).post(path, { priority, atOnce });
      const sentence = `${callId} has priority ${priority}${atOnce ? ' and stands there' : ', and keeps the place'}`;
      parts.streams.out(options.json ? asJson(answer) : `${printable(sentence)}\n`);
    });
  command(
    root,
    'drop <call-id>',
    'Take a waiting caller out of the queue, back to the dialplan (QUEUESTATUS=WITHDRAW).',
  )
    .option('--info <text>', 'why: QUEUE_WITHDRAW_INFO, and in the log')
    .action(async (callId: string, options: DropOptions) => {
      const { info } = options;
      const path = `/calls/${encodeURIComponent(callId)}/withdraw`;
      const answer = await client(parts, options).post(path, info === undefined ? {} : { info });
      parts.streams.out(options.json ? asJson(answer) : `${printable(callId)} leaves the queue\n`);
    });
}
