/** An endpoint of pjsip.conf: what may stand before the `@` of a SIP address, and reaches the other switch's dialplan as the number dialled. */
const PJSIP_ENDPOINT = /^PJSIP\/([A-Za-z0-9][A-Za-z0-9._+-]{0,79})$/;
/** Host and port as the configuration has checked them: a name, an IPv4 address, or an IPv6 address in brackets. */
const SIP_ADDRESS = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$/;

/** The endpoint of pjsip.conf that stands for all other switches, here and there. */
export const SWITCHES_ENDPOINT = 'queueapp-switches';

/** Whether a text is a SIP address that can be dialled. */
export function isSipAddress(text: string): boolean {
  return SIP_ADDRESS.test(text);
}

/**
 * What is dialled for a member whose phone is registered at another switch, `PJSIP/queueapp-switches/sip:1000@10.0.0.2:5060`; `null` for an
 * interface that is no endpoint of pjsip.conf: only those are known by the same name everywhere.
 */
export function dialStringAcross(interfaceName: string, sipAddress: string): string | null {
  const endpoint = PJSIP_ENDPOINT.exec(interfaceName)?.[1];
  if (endpoint === undefined || !isSipAddress(sipAddress)) return null;
  return `PJSIP/${SWITCHES_ENDPOINT}/sip:${endpoint}@${sipAddress}`;
}
