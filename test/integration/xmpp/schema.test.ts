import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AnnouncedCall } from '../../../src/ports/announcer.ts';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';
import { callElement, payload } from '../../../xmpp/stanzas/call.ts';
import { chosenMessage, enteredMessage, gaveUpMessage } from '../../../xmpp/stanzas/chat.ts';
import { sampleAttempt, sampleCall } from '../../support/fakes/fake-announcer.ts';
import { NASTY } from '../../unit/xmpp/nasty-strings.ts';

const run = promisify(execFile);
const SCHEMA = join(import.meta.dirname, '../../../docs/call.xsd');

/** Debian's xmllint (libxml2-utils): a validator that is not ours. */
describe('the payload fits its schema', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'queueapp-xsd-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** What xmllint says: nothing when all are valid. */
  async function validate(elements: readonly (Element | undefined)[]): Promise<string> {
    const files = elements.map((element, index) => ({
      name: join(folder, `${index}.xml`),
      text: element?.toString() ?? '',
    }));
    for (const { name, text } of files) await writeFile(name, text);
    const args = ['--noout', '--schema', SCHEMA, ...files.map(({ name }) => name)];
    const { stderr } = await run('xmllint', args).catch((error: { stderr?: string }) => ({
      stderr: error.stderr ?? String(error),
    }));
    return stderr.replace(/^.* validates\n/gm, '');
  }

  const variants: readonly AnnouncedCall[] = [
    sampleCall('plain'),
    sampleCall('nobody', { customer: null }),
    sampleCall('withheld', { caller: { number: null, name: null } }),
    sampleCall('by-dialplan', { customer: { id: '7', name: '', code: null, fields: { balance: '1.50', '': '' } } }),
    ...NASTY.map((text, index) =>
      sampleCall(`nasty-${index}`, {
        queueTitle: text,
        caller: { number: text, name: text },
        customer: { id: text, name: text, code: text, fields: { [text]: text } },
      }),
    ),
  ];

  test('every item, in every state', async () => {
    const elements = variants.flatMap((call) => {
      const attempt = sampleAttempt('a', '1000', call);
      const native = (['ringing', 'connected', 'ended'] as const).map((state) => payload(attempt, state, 'native'));
      return [...native, payload(attempt, 'ringing', 'hybrid').getChild('call', NS.call)];
    });
    expect(await validate(elements)).toBe('');
  });

  test('every element beside a chat message', async () => {
    const elements = variants.flatMap((call) => [
      enteredMessage('a@b', call, 1).getChild('call', NS.call),
      chosenMessage('a@b', call, '1000').getChild('call', NS.call),
      gaveUpMessage('a@b', call, 1).getChild('call', NS.call),
    ]);
    expect(await validate(elements)).toBe('');
  });

  test('what is wrong does not pass: the schema says something', async () => {
    const wrongState = callElement(sampleCall('c'));
    wrongState.attrs['state'] = 'sleeping';
    expect(await validate([wrongState])).toContain("'sleeping'");
    expect(await validate([xml('call', { xmlns: NS.call, id: '1' })])).toContain('fails to validate');
  });
});
