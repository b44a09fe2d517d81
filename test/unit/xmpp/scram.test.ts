import { describe, expect, test } from '@jest/globals';
import { ScramExchange } from '../../../xmpp/client/scram.ts';

const pencil = { username: 'user', password: 'pencil' };

/** The examples of the RFCs themselves. */
const EXAMPLES = [
  {
    name: 'SHA-1 (RFC 5802 section 5)',
    hash: 'sha1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    serverFirst: 'r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096',
    clientFinal: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=',
    serverFinal: 'v=rmF9pqV8S7suAoZWja4dJRkFsKQ=',
  },
  {
    name: 'SHA-256 (RFC 7677 section 3)',
    hash: 'sha256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    serverFirst: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    clientFinal:
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    serverFinal: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
] as const;

describe('SCRAM', () => {
  test.each(EXAMPLES)(
    'logs in as the RFC shows: $name',
    async ({ hash, nonce, serverFirst, clientFinal, serverFinal }) => {
      const scram = new ScramExchange(hash, pencil, nonce);
      expect(scram.clientFirst()).toBe(`n,,n=user,r=${nonce}`);
      expect(await scram.clientFinal(serverFirst)).toBe(clientFinal);
      expect(scram.isVerified).toBe(false);
      scram.verify(serverFinal);
      expect(scram.isVerified).toBe(true);
    },
  );

  test('a server that does not know the password is found out', async () => {
    const [{ hash, nonce, serverFirst }] = EXAMPLES;
    const forged = `v=${Buffer.alloc(20, 7).toString('base64')}`;
    for (const serverFinal of [forged, 'v=', '', 'e=other-error', 'v=AAAA']) {
      const scram = new ScramExchange(hash, pencil, nonce);
      await scram.clientFinal(serverFirst);
      expect(() => scram.verify(serverFinal)).toThrow("The server's SCRAM signature is wrong");
      expect(scram.isVerified).toBe(false);
    }
  });

  test('a signature before the proof is worth nothing', () => {
    const scram = new ScramExchange('sha1', pencil);
    expect(() => scram.verify(`v=${Buffer.alloc(20).toString('base64')}`)).toThrow('signature is wrong');
  });

  test.each([
    ['a nonce that is not ours', 'r=other,s=QSXCR+Q6sek8bf92,i=4096', 'wrong nonce or salt'],
    ['our nonce and nothing added', 'r=abc,s=QSXCR+Q6sek8bf92,i=4096', 'wrong nonce or salt'],
    ['no salt', 'r=abcdef,i=4096', 'wrong nonce or salt'],
    ['an extension that must be understood', 'm=x,r=abcdef,s=QSXCR+Q6sek8bf92,i=4096', 'wrong nonce or salt'],
    ['too few iterations', 'r=abcdef,s=QSXCR+Q6sek8bf92,i=1', 'asks for 1 SCRAM iterations'],
    ['iterations that would burn the processor', 'r=abcdef,s=QSXCR+Q6sek8bf92,i=99999999', 'SCRAM iterations'],
    ['iterations that are no number', 'r=abcdef,s=QSXCR+Q6sek8bf92,i=many', 'SCRAM iterations'],
    ['nothing', '', 'wrong nonce or salt'],
  ])('refuses %s', async (_name, serverFirst, message) => {
    await expect(new ScramExchange('sha1', pencil, 'abc').clientFinal(serverFirst)).rejects.toThrow(message);
  });

  test('a user name with a comma or an equals sign does not break the message', () => {
    const scram = new ScramExchange('sha1', { username: 'a=b,c', password: 'x' }, 'abc');
    expect(scram.clientFirst()).toBe('n,,n=a=3Db=2Cc,r=abc');
  });
});
