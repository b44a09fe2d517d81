// Runs all checks and tests and ends in one line that counts them. Called by install/test.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { failuresOf, type JestResults, tellFailures } from './failed-tests.ts';
import { type ChildEnd, runLimited } from './limited-child.ts';
import { CHECKOUT } from './private-stack/paths.ts';

const HELP = `usage: install/test [--only KIND[,KIND…]] [PATTERN…]

Installs what the tests need and runs all of them. Ends in one line: N passed, N failed, N skipped.

  --only   lint, types, build, or a kind of test: unit, contract, scenario, audio, integration, e2e
  --limit  minutes that all of it may take: what still runs then is ended and counted as failed. Default: 80
  PATTERN  only test files whose path holds this
  --help`;

/** In this order: what is quick to fail comes first. Tests with servers of their own run one file at a time. */
const CHECKS = [
  { name: 'lint', script: 'lint' },
  { name: 'types', script: 'types' },
  { name: 'build', script: 'build' },
] as const;
const SUITES = [
  { name: 'fast', projects: ['unit', 'scenario', 'audio'], workers: 2 },
  { name: 'contract', projects: ['contract'], workers: 1 },
  { name: 'integration', projects: ['integration'], workers: 1 },
  { name: 'e2e', projects: ['e2e'], workers: 1 },
] as const;

/** What --only may name. */
const KINDS: readonly string[] = [...CHECKS.map(({ name }) => name), ...SUITES.flatMap(({ projects }) => projects)];

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of jest's --json that is counted. */
interface JestReport extends JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly numRuntimeErrorTestSuites: number;
  readonly success: boolean;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, limit: { type: 'string', default: '80' }, help: { type: 'boolean' } },
});
const only = values.only?.split(',');
const unknown = only?.filter((name) => !KINDS.includes(name)) ?? [];
const limitMs = Number(values.limit) * 60_000;
const endMs = Date.now() + limitMs;
const failures: string[] = [];
if (values.help === true) {
  console.log(HELP);
} else if (!(limitMs > 0)) {
  console.error(`--limit ${values.limit}: expected minutes, a number greater than 0.`);
  process.exitCode = 1;
} else if (unknown.length > 0) {
  console.error(`--only ${unknown.join(',')}: expected some of ${KINDS.join(', ')}, with commas between them.`);
  process.exitCode = 1;
} else {
  process.exitCode = await runAll(only, positionals);
}

async function runAll(only: readonly string[] | undefined, patterns: readonly string[]): Promise<number> {
  const startedMs = Date.now();
  const isWanted = (name: string) => only === undefined || only.includes(name);
  const counts: Count[] = [];
  if (patterns.length === 0) {
    for (const { name, script } of CHECKS) if (isWanted(name)) counts.push(await runCheck(name, script));
  }
  for (const suite of SUITES) {
    const projects = suite.projects.filter(isWanted);
    if (projects.length > 0) counts.push(await runSuite({ ...suite, projects }, patterns));
  }
  const sum = (key: keyof Count) => counts.reduce((total, count) => total + count[key], 0);
  if (failures.length > 0) console.log(`\n${tellFailures(failures)}`);
  console.log(`\nAll of it took ${seconds(startedMs)}.`);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
}

async function runCheck(name: string, script: string): Promise<Count> {
  const startedMs = Date.now();
  console.log(`\n· ${name} (npm run ${script})`);
  const end = await run('npm', ['run', '--silent', script], 'inherit');
  const isGood = end.how === 'exited' && end.status === 0;
  console.log(`${isGood ? '✓' : '✗'} ${name} (${seconds(startedMs)})${remark(end)}`);
  if (!isGood) failures.push(`${name} (npm run ${script}): see above`);
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, skipped: 0 };
}

interface Suite {
  readonly name: string;
  readonly projects: readonly string[];
  readonly workers: number;
}

async function runSuite({ name, projects, workers }: Suite, patterns: readonly string[]): Promise<Count> {
  const startedMs = Date.now();
  console.log(`\n· ${name} tests (${projects.join(', ')})`);
  const folder = mkdtempSync(join(tmpdir(), 'queueapp-tests-'));
  const report = join(folder, 'report.json');
  try {
    const jest = join(CHECKOUT, 'node_modules/jest/bin/jest.js');
    const end = await run(
      process.execPath,
      [
        '--experimental-vm-modules',
        '--no-warnings',
        jest,
        ...['--selectProjects', ...projects],
        ...['--maxWorkers', String(workers), '--json', '--outputFile', report, '--passWithNoTests'],
        ...(patterns.length > 0 ? ['--testPathPatterns', ...patterns] : []),
      ],
      'ignore',
      () => existsSync(report),
    );
    if (end.how === 'took-too-long') {
      console.log(`✗ ${name} tests (${seconds(startedMs)})${remark(end)}`);
      failures.push(`${name} tests${remark(end)}`);
      return { passed: 0, failed: 1, skipped: 0 };
    }
    const status = end.how === 'exited' ? end.status : 1;
    const results = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    const count = countOf(results, status);
    const told = failuresOf(results, CHECKOUT);
    failures.push(...(told.length === 0 && count.failed > 0 ? [`${name} tests${remark(end)}`] : told));
    console.log(`${count.failed === 0 ? '✓' : '✗'} ${name} tests (${seconds(startedMs)})${remark(end)}`);
    return count;
  } catch (error) {
    console.log(`✗ ${name} tests: jest gave no report (${String(error)})`);
    failures.push(`${name} tests: jest gave no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A suite that could not be loaded has no failed test, and still failed; so has a jest that ended badly after its last test. */
function countOf(report: JestReport, status: number): Count {
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  const skipped = report.numPendingTests + report.numTodoTests;
  return { passed: report.numPassedTests, failed: failed === 0 && status !== 0 ? 1 : failed, skipped };
}

/** Jest tells people on standard error; on standard output it only says where its report is. */
function run(
  command: string,
  args: readonly string[],
  output: 'inherit' | 'ignore',
  isDone?: () => boolean,
): Promise<ChildEnd> {
  const limits = { cwd: CHECKOUT, output, limitMs: endMs - Date.now() };
  return runLimited(command, args, isDone === undefined ? limits : { ...limits, isDone });
}

function remark({ how }: ChildEnd): string {
  if (how === 'took-too-long') return `: ended, ${values.limit} minutes for all of it are up (--limit)`;
  return how === 'did-not-end' ? ': killed, it did not end after its last test, so something was left open' : '';
}

function seconds(sinceMs: number): string {
  return `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`;
}
