import type { Command } from 'commander';
import { ApiClient } from './api-client.ts';
import { applicationUrl } from './application-url.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly config?: string;
}

/** A command with the options that all have. `name` holds its arguments, too. */
export function command(root: Command, name: string, description: string): Command {
  const words = [...namesAbove(root), name.split(' ')[0]];
  return root
    .command(name)
    .description(description)
    .option('--json', 'print JSON, for programs')
    .option('--config <file>', 'the configuration file (default: QUEUEAPP_CONFIG, else queueapp.yaml here)')
    .showHelpAfterError(`(${words.join(' ')} --help says more)`);
}

function namesAbove(command: Command | null): string[] {
  return command === null ? [] : [...namesAbove(command.parent), command.name()];
}

/** The running application, as options and environment say where it is. */
export function client({ env }: { readonly env: NodeJS.ProcessEnv }, { config }: CommonOptions): ApiClient {
  return new ApiClient({ url: applicationUrl(env, config), token: env['API_TOKEN'] || null });
}

export const asJson = (answer: unknown) => `${JSON.stringify(answer, null, 2)}\n`;
