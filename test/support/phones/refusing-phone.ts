import type { SipAccount } from './baresip.ts';
import { OWN_TAG, reply, ScriptedPhone } from './scripted-phone.ts';

/** With what a phone refuses, and how long it rings before. */
export interface RefusingPhoneOptions {
  readonly account: SipAccount;
  /** 603 Decline, 480 Temporarily Unavailable, 404, 500, …: baresip can only say 486. */
  readonly status: number;
  readonly reason?: string;
  readonly afterMs?: number;
}

/** Plugs in a phone that refuses every call with a chosen SIP status. */
export function plugInRefusingPhone(options: RefusingPhoneOptions): Promise<ScriptedPhone> {
  return ScriptedPhone.plugIn(options.account, refusal(options));
}

function refusal({ status, reason = 'Refused', afterMs = 0 }: RefusingPhoneOptions): string {
  return `<scenario name="refuse">
    <recv request="INVITE"/>
    ${reply('180 Ringing', { tag: OWN_TAG })}
    <pause milliseconds="${afterMs}"/>
    ${reply(`${status} ${reason}`, { tag: OWN_TAG }).replace('<send>', '<send retrans="500">')}
    <recv request="ACK"/>
  </scenario>`;
}
