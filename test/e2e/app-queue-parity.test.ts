import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { Site } from '../support/e2e/site.ts';
import { times, told } from '../support/parity/observation.ts';
import { SCENARIOS } from '../support/parity/scenarios.ts';
import { ParityStage } from '../support/parity/stage.ts';

jest.setTimeout(180_000);

/** A second either way: app_queue looks once a second, and both write whole seconds. */
const TOLERANCE_SECONDS = 1;

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
 * What may differ without being told: ids (mapped to callers and members by their order), times by a second, the names of
 * members (each side has its own telephones). Where `tiesDiffer`, members are named by the order of their first ring (point 1).
 */
describe('The same calls to app_queue and to this queue', () => {
  test.each(SCENARIOS.map((scenario, index) => [scenario.name, scenario, index] as const))(
    '%s',
    async (_name, scenario, index) => {
      const seen = await stage.tell(scenario, index);
      const appQueue = told(seen.appQueue, scenario);
      const queueapp = told(seen.queueapp, scenario);
      if (scenario.differs !== undefined) {
        const { point: _point, ...expected } = scenario.differs;
        expect({ appQueue, queueapp }).toEqual(expected);
        return;
      }
      expect(queueapp).toEqual(appQueue);
      const theirs = times(seen.appQueue);
      for (const [at, { what, seconds }] of times(seen.queueapp).entries()) {
        const apart = Math.abs(seconds - (theirs[at]?.seconds ?? Number.NaN));
        expect({
          what,
          isWithinASecond: apart <= TOLERANCE_SECONDS,
          ours: seconds,
          theirs: theirs[at]?.seconds,
        }).toEqual(expect.objectContaining({ isWithinASecond: true }));
      }
    },
  );
});
