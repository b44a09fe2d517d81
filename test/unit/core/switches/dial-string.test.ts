import { describe, expect, test } from '@jest/globals';
import { dialStringAcross, isSipAddress } from '../../../../src/core/switches/dial-string.ts';

describe('what is dialled for a phone at another switch', () => {
  const good: [string, string, string][] = [
    ['PJSIP/1000', '10.0.0.2:5060', 'PJSIP/queueapp-switches/sip:1000@10.0.0.2:5060'],
    ['PJSIP/alice-1', 'paris.example.org', 'PJSIP/queueapp-switches/sip:alice-1@paris.example.org'],
    ['PJSIP/1000', '[2001:db8::2]:5070', 'PJSIP/queueapp-switches/sip:1000@[2001:db8::2]:5070'],
  ];
  test.each(good)('%s at %s is %s', (interfaceName, address, dialled) => {
    expect(dialStringAcross(interfaceName, address)).toBe(dialled);
  });

  const foreign = [
    'SIP/1000',
    'Local/1000@phones',
    'PJSIP/1000@trunk',
    'PJSIP/',
    'PJSIP/1000&PJSIP/2000',
    'PJSIP/10 00',
  ];
  test.each(foreign)('%s is no endpoint that another switch knows', (interfaceName) => {
    expect(dialStringAcross(interfaceName, '10.0.0.2')).toBeNull();
  });

  const bad = [
    '',
    '10.0.0.2;transport=tcp',
    '10.0.0.2&PJSIP/9',
    'a b',
    'user@host',
    '10.0.0.2:',
    '[::1',
    'host,x',
    '-a',
    '$X',
  ];
  test.each(bad)('%j is no SIP address', (address) => {
    expect(isSipAddress(address)).toBe(false);
    expect(dialStringAcross('PJSIP/1000', address)).toBeNull();
  });
});
