import { jest } from '@jest/globals';
import { ARI_HARNESS_TIMEOUT_MS, createAriHarness } from '../integration/ari/pbx-harness.ts';
import { createFakeHarness } from './fake-pbx-harness.ts';
import { describePbx } from './pbx.suite.ts';

jest.setTimeout(ARI_HARNESS_TIMEOUT_MS);

describePbx('the fake', async () => createFakeHarness());
describePbx('Asterisk', () => createAriHarness());
// The way to an Asterisk before 20.14 and 22.4.
describePbx('Asterisk over HTTP', () => createAriHarness({ probeTimeoutMs: 0 }));
describePbx('Asterisk 16.28', () => createAriHarness({}, 'bullseye'), { forgetsRefusals: true });
