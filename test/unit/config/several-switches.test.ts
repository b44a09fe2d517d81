import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../src/config/load.ts';
import { switchName } from '../../../src/core/ids.ts';
import { switchesSettings } from '../../../src/switch-settings.ts';
import { xmppSettings } from '../../../src/xmpp-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'queueapp-switches-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILE =
  'queues:\n  support:\nivr:\n  start: one\n  steps:\n    one: { play: queueapp/welcome, hangup: true }\nswitches-close-after: 45s\n';
const BERLIN = '  - { name: berlin, url: "http://10.0.0.1:8088", sip: "10.0.0.1:5060" }\n';
const PARIS = '  - { name: paris, url: "http://10.0.0.2:8088" }\n';
const ENV = {
  ...{ ARI_PASSWORD: 'pass', XMPP_PASSWORD: 'word' },
  ...{ XMPP_SERVICE: 'xmpp://127.0.0.1:5222', XMPP_JID: 'queueapp@example.org' },
};

function load(switches: string) {
  const file = join(folder, 'queueapp.yaml');
  writeFileSync(file, `${FILE}switches:\n${switches}`);
  return loadConfig({ file, env: ENV });
}

describe('several switches', () => {
  test('are what calls need to know of them', () => {
    const { monotonic, ...settings } = switchesSettings(load(BERLIN + PARIS).config) ?? {};
    expect(settings).toEqual({
      switches: [
        { name: 'berlin', sipAddress: '10.0.0.1:5060' },
        { name: 'paris', sipAddress: null },
      ],
      leaseTimeMs: 3_000,
      closeAfterMs: 45_000,
    });
    expect(monotonic?.now()).toBeGreaterThan(0);
  });

  test('have a session each at the XMPP server; one has the usual one', () => {
    const resource = (switches: string) => {
      const { config, secrets } = load(switches);
      return xmppSettings(config, secrets, switchName('berlin'))?.resource;
    };
    expect(resource(BERLIN + PARIS)).toBe('queue-berlin');
    expect(resource(BERLIN)).toBeUndefined();
  });

  test('one that stands in the list alone is one: nothing is done for others', () => {
    expect(switchesSettings(load(BERLIN).config)).toBeNull();
  });
});
