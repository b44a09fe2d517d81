import { describe, expect, it } from '@jest/globals';
import { bridgeId, channelId } from '../../../src/core/ids.ts';
import { presence } from '../../../stasis/ari/answers.ts';
import { ageOf, missingModules } from '../../../stasis/ari/check-modules.ts';
import { createLeg, readContacts } from '../../../stasis/ari/originate.ts';
import { type AriRequest, RequestTable } from '../../../stasis/ari/request-table.ts';
import { baseUrl } from '../../../stasis/ari/settings.ts';
import { uri, withQuery } from '../../../stasis/ari/uri.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const REQUEST: AriRequest = { method: 'GET', address: 'bridges?x=1' };

describe('the address of a request', () => {
  it('encodes every part that is put in', () => {
    expect(uri`channels/${channelId('../x?y=1&z#')}/play/${'a b%'}`).toBe(
      'channels/..%2Fx%3Fy%3D1%26z%23/play/a%20b%25',
    );
    expect(withQuery(uri`bridges/${bridgeId('b')}`, { a: 'x&y=z', n: 3, none: undefined })).toBe(
      'bridges/b?a=x%26y%3Dz&n=3',
    );
  });

  it.each(['http://pbx:8088', 'http://pbx:8088/', 'http://pbx:8088/ari', 'http://pbx:8088/ari/'])('takes %s', (url) => {
    expect(baseUrl(url)).toBe('http://pbx:8088');
  });
});

describe('an answer', () => {
  const answer = (status: number, message = '') => presence(REQUEST, { status, body: JSON.stringify({ message }) });

  it('is done or gone by the status that Asterisk gives', () => {
    expect(answer(204)).toBe('done');
    expect(answer(404, 'Channel not found')).toBe('gone');
    expect(answer(409, 'Channel not in Stasis application')).toBe('gone');
    expect(answer(409, 'Bridge not in Stasis application')).toBe('gone');
    expect(answer(412, 'Channel in invalid state')).toBe('gone');
    expect(answer(422, 'Channel not in this bridge')).toBe('gone');
    expect(answer(400, 'Channel not found')).toBe('gone');
  });

  it.each([
    [409, "Bridge with id 'b1' already exists"],
    [409, "Channel is not in the 'Down' state"],
    [400, 'Media not specified'],
    [403, 'Forbidden'],
    [500, 'Allocation failed'],
  ])('%s %s is a refusal', (status, message) => {
    expect(() => answer(status, message)).toThrow(
      expect.objectContaining({ code: 'ARI_REFUSED', message: `GET bridges: ${status} ${message}` }),
    );
  });

  it('is a refusal when there are no words, or no JSON', () => {
    expect(() => presence(REQUEST, { status: 503, body: '<html>' })).toThrow('GET bridges: 503');
  });
});

describe('requests over the event socket', () => {
  const table = () => {
    const clock = new FakeClock();
    const written: Record<string, unknown>[] = [];
    const requests = new RequestTable({ clock, pendingMax: 2 });
    const send = () => requests.send(REQUEST, 1000, (text) => written.push(JSON.parse(text)));
    return { clock, requests, written, send };
  };
  const response = (request_id: string) => ({
    type: 'RESTResponse' as const,
    request_id,
    status_code: 200,
    message_body: '[]',
  });

  it('finds the request that a response belongs to, in whatever order they come', async () => {
    const { requests, send, written, clock } = table();
    const first = send();
    const second = send();
    expect(written).toMatchObject([{ type: 'RESTRequest', method: 'GET', uri: 'bridges?x=1' }, { request_id: '2' }]);
    requests.settle(response('2'));
    requests.settle(response('2'));
    requests.settle({ ...response('1'), status_code: 404 });
    expect(await second).toEqual({ status: 200, body: '[]' });
    expect(await first).toEqual({ status: 404, body: '[]' });
    expect(requests.size).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up at the time limit, and drops the response that comes later', async () => {
    const { requests, send, clock } = table();
    const request = expect(send()).rejects.toMatchObject({ code: 'ARI_UNAVAILABLE' });
    await clock.advance(1000);
    await request;
    requests.settle(response('1'));
    expect(requests.size).toBe(0);
  });

  it('refuses more than the table holds, and rejects the rest when it is closed', async () => {
    const { requests, send, clock, written } = table();
    const waiting = [send(), send()].map((each) => expect(each).rejects.toThrow('the line was cut'));
    await expect(send()).rejects.toThrow('2 requests wait for Asterisk already');
    expect(written).toHaveLength(2);
    requests.close('the line was cut');
    await Promise.all(waiting);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('what is dialled', () => {
  const sent: AriRequest[] = [];
  const answering = (status: number, body: unknown) => async (request: AriRequest) => {
    sent.push(request);
    return { status, body: JSON.stringify(body) };
  };
  const leg = {
    channelId: channelId('leg'),
    endpoint: 'PJSIP/1000',
    appArgs: [],
    callerId: { number: '1', name: null },
  };

  it.each(['PJSIP/1000)&SHELL(id', `PJSIP/$\{SHELL(id)}`, 'PJSIP/1000,x', 'PJSIP/', '1000', 'PJSIP/a b', "SIP/x'y"])(
    'refuses %s before it gets near a function or a dial string',
    async (interfaceName) => {
      sent.length = 0;
      const refusal = expect.objectContaining({ code: 'ARI_REFUSED' });
      await expect(readContacts(answering(200, { value: '' }), interfaceName, channelId('c'))).rejects.toEqual(refusal);
      await expect(createLeg(answering(200, {}), 'queueapp', { ...leg, endpoint: interfaceName })).rejects.toEqual(
        refusal,
      );
      expect(sent).toEqual([]);
    },
  );

  it('splits contacts, and dials other technologies as they are', async () => {
    const value = 'PJSIP/1000/sip:1000@10.0.0.1:5060&PJSIP/1000/sip:1000@10.0.0.2:5060;transport=tcp';
    expect(await readContacts(answering(200, { value }), 'PJSIP/1000', channelId('c'))).toEqual(value.split('&'));
    for (const endpoint of value.split('&')) {
      expect(await createLeg(answering(200, {}), 'queueapp', { ...leg, endpoint })).toBe('done');
    }
    expect(await readContacts(answering(500, {}), 'Local/1000@internal', channelId('c'))).toEqual([
      'Local/1000@internal',
    ]);
  });

  it('refuses arguments that Asterisk would split', async () => {
    await expect(createLeg(answering(200, {}), 'queueapp', { ...leg, appArgs: ['member,x'] })).rejects.toThrow('split');
  });

  it('tells a leg that can not be made from a fault', async () => {
    expect(await createLeg(answering(500, { error: 'Allocation failed' }), 'queueapp', leg)).toBe('refused');
    await expect(createLeg(answering(409, { message: 'Channel exists' }), 'queueapp', leg)).rejects.toMatchObject({
      code: 'ARI_REFUSED',
    });
  });
});

describe('what the check knows of versions and modules', () => {
  it.each([
    ['22.10.1+dfsg+~cs6.17.60671434-1', 'current'],
    ['22.6.0', 'current'],
    ['22.5.2', 'older'],
    ['20.16.0', 'current'],
    ['20.15.2', 'older'],
    ['21.12.0', 'older'],
    ['18.26.4', 'older'],
    ['16.28.0~dfsg-0+deb11u4', 'older'],
    ['16.2.1', 'too old'],
    ['13.38.3', 'too old'],
    ['23.0.0', 'current'],
    ['certified-20.7-cert5', 'older'],
    ['GIT-master-abc', 'current'],
  ])('%s is %s', (version, expected) => {
    expect(ageOf(version)).toBe(expected);
  });

  it('counts a module that is loaded but does not run as missing', () => {
    const all = missingModules([]).map(({ name }) => name);
    const running = all.map((name) => ({ name, status: 'Running' }));
    expect(missingModules(running)).toEqual([]);
    expect(
      missingModules([...running.slice(1), { name: all[0], status: 'Not Running' }]).map(({ name }) => name),
    ).toEqual([all[0]]);
    expect(missingModules('nonsense')).toHaveLength(all.length);
    expect(missingModules(running, 'older').map(({ name }) => name)).toEqual(['chan_rtp.so']);
  });
});
