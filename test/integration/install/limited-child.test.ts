import { describe, expect, it } from '@jest/globals';
import { type ChildLimits, runLimited } from '../../../install/limited-child.ts';

const FOR_EVER = 'setInterval(() => undefined, 1000)';
const run = (program: string, limits: Partial<ChildLimits> = {}) =>
  runLimited(process.execPath, ['-e', program], { cwd: '.', output: 'ignore', limitMs: 30_000, ...limits });

describe('A child process with limits', () => {
  it('ends by itself, with its status', async () => {
    expect(await run('process.exit(0)')).toEqual({ how: 'exited', status: 0 });
    expect(await run('process.exit(3)')).toEqual({ how: 'exited', status: 3 });
  });

  it('counts as failed when a signal has ended it', async () => {
    expect(await run("process.kill(process.pid, 'SIGKILL')")).toEqual({ how: 'exited', status: 1 });
  });

  it('is ended when its time is up', async () => {
    expect(await run(FOR_EVER, { limitMs: 700 })).toEqual({ how: 'took-too-long' });
  });

  it('is ended when it is done and does not end', async () => {
    const end = await run(FOR_EVER, { isDone: () => true, graceMs: 200 });
    expect(end).toEqual({ how: 'did-not-end' });
  });

  it('has time for its end when it is done', async () => {
    const end = await run('setTimeout(() => process.exit(0), 800)', { isDone: () => true });
    expect(end).toEqual({ how: 'exited', status: 0 });
  });

  it('that cannot be started is an error', async () => {
    await expect(runLimited('/nowhere/program', [], { cwd: '.', output: 'ignore', limitMs: 1_000 })).rejects.toThrow(
      'ENOENT',
    );
  });
});
