import type { SipAccount } from './baresip.ts';
import { OWN_TAG, reply, ScriptedPhone } from './scripted-phone.ts';

/** To whom a phone sends its partner, and when. */
export interface TransferringPhoneOptions {
  readonly account: SipAccount;
  readonly number: string;
  /** After the answer. */
  readonly afterMs: number;
}

/**
 * Plugs in a phone that answers every call, sends its partner to a number (REFER), and stays in the call until it is hung up, whatever
 * became of the transfer. baresip 1.0.0 hangs up when a transfer fails, too.
 */
export function plugInTransferringPhone(options: TransferringPhoneOptions): Promise<ScriptedPhone> {
  return ScriptedPhone.plugIn(options.account, scenario(options));
}

const SDP = `    v=0
    o=phone 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0
    a=rtpmap:0 PCMU/8000
`;

function scenario({ account, number, afterMs }: TransferringPhoneOptions): string {
  const { host, port } = account;
  const header = (name: string, variable: string, pattern = '.*') =>
    `<ereg regexp="${pattern}" search_in="hdr" header="${name}:" assign_to="${variable}"/>`;
  return `<scenario name="transfer">
    <recv request="INVITE"><action>
      ${header('From', 'remote')}${header('To', 'local')}${header('Contact', 'target', 'sip:[^>]*')}
    </action></recv>
    ${reply('180 Ringing', { tag: OWN_TAG })}
    ${reply('200 OK', { tag: OWN_TAG, body: SDP }).replace('<send>', '<send retrans="500">')}
    <recv request="ACK"/>
    <pause milliseconds="${afterMs}"/>
    <send retrans="500"><![CDATA[

    REFER [$target] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From:[$local]${OWN_TAG}
    To:[$remote]
    [last_Call-ID:]
    CSeq: 1 REFER
    Contact: <sip:phone@[local_ip]:[local_port]>
    Refer-To: <sip:${number}@${host}:${port}>
    Content-Length: 0

    ]]></send>
    <recv response="202"/>
    <recv request="NOTIFY"/>
    ${reply('200 OK')}
    <recv request="NOTIFY"/>
    ${reply('200 OK')}
    <recv request="BYE"/>
    ${reply('200 OK')}
  </scenario>`;
}
