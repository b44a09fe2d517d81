import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { FastifyInstance } from 'fastify';
import { stringify } from 'yaml';
import { shippedPath } from '../../../src/config/shipped.ts';
import type { StoredLogLine } from '../../../src/core/queue/queue-log-line.ts';
import { Metrics } from '../../../src/http/metrics.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { silentLog } from '../../../src/log.ts';
import { FakeApplication, TOKEN } from '../../support/fakes/fake-application.ts';

const line = (event: string, data: readonly string[] = [], queuename = 'support'): StoredLogLine => ({
  ...{ lineId: '1', atMs: 0, callid: '1.1', queuename, agent: 'Ann', event },
  data: [...data, '', '', '', '', ''].slice(0, 5),
});

describe('/metrics', () => {
  let application: FakeApplication;
  let metrics: Metrics;
  let server: FastifyInstance;
  beforeEach(async () => {
    application = new FakeApplication();
    metrics = new Metrics('1.2.3');
    metrics.know(['support']);
    const options = { face: application, apiToken: TOKEN, metrics, version: '1.2.3', log: silentLog() };
    server = await createHttpServer(options);
  });
  afterEach(() => server.close());
  const scrape = async () => (await server.inject('/metrics')).body;
  /** Series of a name, as Prometheus' own text has them. */
  const series = async (name: string) => (await scrape()).split('\n').filter((text) => text.startsWith(`${name}{`));

  test('is what Prometheus reads, by its own judgement', async () => {
    for (const event of ['ENTERQUEUE', 'CONNECT', 'COMPLETECALLER', 'SOMETHING'])
      metrics.observe(line(event, ['5', '60']));
    const answer = await server.inject('/metrics');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      expect.stringMatching(/^text\/plain; version=0\.0\.4/),
    ]);
    const verdict = execFileSync('promtool', ['check', 'metrics'], {
      input: answer.body,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    expect(verdict).toBe('');
  });

  test('tells of queues and members now', async () => {
    expect(await series('queueapp_queue_callers')).toEqual([
      'queueapp_queue_callers{queue="support",state="waiting"} 1',
      'queueapp_queue_callers{queue="support",state="ringing"} 0',
      'queueapp_queue_callers{queue="support",state="talking"} 1',
    ]);
    expect(await series('queueapp_queue_members_paused')).toEqual(['queueapp_queue_members_paused{queue="support"} 1']);
    expect(await series('queueapp_part_up')).toHaveLength(3);
    expect(await series('queueapp_info')).toEqual(['queueapp_info{version="1.2.3"} 1']);
  });

  test('tells of the process, and of what waits to be written', async () => {
    expect(await series('queueapp_role')).toEqual([
      'queueapp_role{role="active"} 1',
      'queueapp_role{role="draining"} 0',
      'queueapp_role{role="standby"} 0',
    ]);
    expect(await series('queueapp_part_changed_timestamp_seconds')).toContain(
      'queueapp_part_changed_timestamp_seconds{part="asterisk"} 1795176000',
    );
    expect(await series('queueapp_pending_writes')).toEqual([
      'queueapp_pending_writes{what="database-writes"} 12',
      'queueapp_pending_writes{what="recordings-to-remove"} 0',
    ]);
    expect(await series('queueapp_pending_writes_max')).toEqual([
      'queueapp_pending_writes_max{what="database-writes"} 50000',
    ]);
    expect(await series('queueapp_lease_epoch')).toEqual(['queueapp_lease_epoch{switch="main"} 7']);
    for (const name of ['lease_held', 'lease_own', 'standbys', 'switch_up'])
      expect(await series(`queueapp_${name}`)).toEqual([`queueapp_${name}{switch="main"} 1`]);
    expect(await series('queueapp_switch_callers')).toEqual(['queueapp_switch_callers{switch="main"} 2']);
    expect(await series('queueapp_refused_rows')).toEqual([
      'queueapp_refused_rows{table="queue"} 0',
      'queueapp_refused_rows{table="ivr_step"} 1',
    ]);
    expect(await series('queueapp_stream_up')).toEqual(['queueapp_stream_up{class="radio"} 1']);
  });

  test('has the figures of the database, however often it is read, and nothing of them while it is away', async () => {
    await scrape();
    expect(await series('queueapp_queue_completed_total')).toEqual([
      'queueapp_queue_completed_total{queue="support"} 4',
    ]);
    expect(await series('queueapp_queue_abandoned_in_level_total')).toEqual([
      'queueapp_queue_abandoned_in_level_total{queue="support"} 1',
    ]);
    expect(await series('queueapp_queue_hold_seconds')).toEqual([
      'queueapp_queue_hold_seconds{queue="support"} 12.345',
    ]);
    application.figures.isAway = true;
    expect((await server.inject('/metrics')).statusCode).toBe(200);
  });

  test('counts lines, waits and conversations', async () => {
    metrics.observe(line('CONNECT', ['7', '1.2', '3']));
    metrics.observe(line('ABANDON', ['1', '1', '40']));
    metrics.observe(line('EXITWITHKEY', ['0', '1', '1', '4']));
    metrics.observe(line('COMPLETEAGENT', ['7', '95', '1']));
    metrics.observe(line('BLINDTRANSFER', ['2000', 'phones', '7', '25', '1']));
    metrics.observe(line('CONNECT', ['not a number']));
    expect(await series('queueapp_wait_seconds_sum')).toEqual([
      'queueapp_wait_seconds_sum{queue="support",outcome="answered"} 7',
      'queueapp_wait_seconds_sum{queue="support",outcome="left"} 44',
    ]);
    expect(await series('queueapp_talk_seconds_sum')).toEqual(['queueapp_talk_seconds_sum{queue="support"} 120']);
    expect(await series('queueapp_queue_log_lines_total')).toContain(
      'queueapp_queue_log_lines_total{queue="support",event="CONNECT"} 2',
    );
  });

  test('has few series, whatever others write into the table', async () => {
    for (let index = 0; index < 500; index++) metrics.observe(line(`EVENT${index}`, [], `queue${index}`));
    expect(await series('queueapp_queue_log_lines_total')).toEqual([
      'queueapp_queue_log_lines_total{queue="other",event="other"} 500',
    ]);
  });

  test('names no caller and no member, so that it needs no token', async () => {
    metrics.observe(line('ENTERQUEUE', ['', '5550199', '1']));
    const text = await scrape();
    for (const personal of ['5550199', 'Ann', '1000', 'Company', '2000"']) expect(text).not.toContain(personal);
  });

  describe("Grafana's dashboard", () => {
    interface Panel {
      readonly title: string;
      readonly targets?: readonly { readonly expr: string }[];
      readonly panels?: readonly Panel[];
    }
    const dashboard = JSON.parse(readFileSync(shippedPath('install/grafana/queueapp.json'), 'utf8')) as {
      panels: readonly Panel[];
      templating: { list: readonly { definition: string }[] };
    };
    const expressions = dashboard.panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => expr));

    test('asks for nothing that is not there', async () => {
      metrics.observe(line('CONNECT', ['7', '1.2', '3']));
      metrics.observe(line('COMPLETEAGENT', ['7', '95', '1']));
      const text = await scrape();
      const there = new Set([...text.matchAll(/^([a-z0-9_]+)(?:\{|\s)/gm)].map(([, name]) => name));
      const asked = [...expressions, ...dashboard.templating.list.map(({ definition }) => definition)].flatMap((expr) =>
        [...expr.matchAll(/\b(?:queueapp|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name),
      );
      expect(asked.length).toBeGreaterThan(10);
      expect(asked.filter((name) => !there.has(name))).toEqual([]);
    });

    test('asks in words that Prometheus understands', () => {
      const rules = expressions.map((expr, index) => ({
        record: `panel:${index}`,
        expr: expr.replaceAll('$queue', 'support').replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h'),
      }));
      const folder = mkdtempSync(join(tmpdir(), 'queueapp-dashboard-'));
      const file = join(folder, 'rules.yaml');
      writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules }] }));
      const said = execFileSync('promtool', ['check', 'rules', file], { encoding: 'utf8', stdio: 'pipe' });
      rmSync(folder, { recursive: true });
      expect(said).toContain(`SUCCESS: ${rules.length} rules found`);
    });
  });
});
