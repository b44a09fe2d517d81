import { readFileSync, writeFileSync } from 'node:fs';
import { processTerminal } from '../src/cli/live-terminal.ts';
import { runCommandLine } from '../src/cli/program.ts';
import { fillReference } from '../src/config/reference.ts';

/** Writes what the pages say after the code: the tables of docs/configuration.md, and the help in docs/command-line.md. */
const page = (name: string) => new URL(`../docs/${name}.md`, import.meta.url);

writeFileSync(page('configuration'), fillReference(readFileSync(page('configuration'), 'utf8')));

let help = '';
const write = (text: string) => {
  help += text;
};
await runCommandLine(['--help'], {
  env: {},
  streams: { out: write, error: write },
  version: '',
  now: () => 0,
  live: () => processTerminal(process.stdin, process.stdout),
  start: async () => undefined,
  check: async () => [],
  importConfiguration: () => Promise.reject(new Error('Only the help is asked for')),
});
const commands = readFileSync(page('command-line'), 'utf8');
writeFileSync(
  page('command-line'),
  commands.replace(/```text\nUsage: queueapp \[options\][\s\S]*?```/, `\`\`\`text\n${help}\`\`\``),
);
