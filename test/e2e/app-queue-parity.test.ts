import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { Site } from '../support/e2e/site.ts';
import { OwnBeat } from '../support/media/own-beat.ts';
import { timesApart, told } from '../support/parity/observation.ts';
import { SCENARIOS } from '../support/parity/scenarios.ts';
import { ParityStage } from '../support/parity/stage.ts';

jest.setTimeout(180_000);

let site: Site;
let stage: ParityStage;
beforeAll(async () => {
  const configure = (shipped: string) => {
    const config = parse(shipped);
    for (const [index, { queueapp = {} }] of SCENARIOS.entries()) {
      config.queues[`parity${index}`] = { 'ring-timeout': '3s', retry: '1s', 'resume-within': 0, ...queueapp };
    }
    return stringify(config);
  };
  site = await Site.up({ name: 'parity', members: 3, configure });
  stage = await ParityStage.set(site);
}, 600_000);
afterAll(() => site?.down());

/**
 * What may differ without being told: ids (mapped to callers and members by their order), times by a second, a wait that is shorter here
 * because app_queue polls (point 3), the names of members (each side has its own telephones), and lines that app_queue does not have
 * (wrap-up). Where `tiesDiffer`, members are named by the order of their first ring (point 1).
 */
describe('The same calls to app_queue and to this queue', () => {
  test.each(SCENARIOS.map((scenario, index) => [scenario.name, scenario, index] as const))(
    '%s',
    async (_name, scenario, index) => {
      const beat = new OwnBeat();
      const seen = await stage.tell(scenario, index).finally(() => beat.end());
      // Less than the rounding of whole seconds on a machine that has time.
      const stillSeconds = beat.latestMs(0, Number.POSITIVE_INFINITY) / 1_000;
      const appQueue = told(seen.appQueue, scenario);
      const queueapp = told(seen.queueapp, scenario);
      if (scenario.differs !== undefined) {
        const { point: _point, ...expected } = scenario.differs;
        expect({ appQueue, queueapp }).toEqual(expected);
        return;
      }
      expect(queueapp).toEqual(appQueue);
      expect(timesApart(seen.queueapp, seen.appQueue, { pollSeconds: scenario.pollSeconds, stillSeconds })).toEqual([]);
    },
  );
});
