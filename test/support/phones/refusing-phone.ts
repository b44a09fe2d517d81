import type { SipAccount } from './baresip.ts';
import { CallView, type Limit } from './call-view.ts';
import { freePort } from './processes.ts';
import { forgetPhones, register, Sipp } from './sipp.ts';

/** With what a phone refuses, and how long it rings before. */
export interface RefusingPhoneOptions {
  readonly account: SipAccount;
  /** 603 Decline, 480 Temporarily Unavailable, 404, 500, …: baresip can only say 486. */
  readonly status: number;
  readonly reason?: string;
  readonly afterMs?: number;
}

/** A registered phone (sipp) that refuses every call with a chosen SIP status. */
export class RefusingPhone {
  readonly #sipp: Sipp;
  readonly #account: SipAccount;
  #taken = 0;

  private constructor(sipp: Sipp, account: SipAccount) {
    this.#sipp = sipp;
    this.#account = account;
  }

  /** Starts the phone and registers it. */
  static async plugIn({
    account,
    status,
    reason = 'Refused',
    afterMs = 0,
  }: RefusingPhoneOptions): Promise<RefusingPhone> {
    const localPort = await freePort();
    // The same port serves both: first the registration from it, then the calls to it.
    await register({ account, contact: '<sip:phone@[local_ip]:[local_port]>', expiresS: 300, localPort });
    const sipp = await Sipp.start({ scenario: refusal({ status, reason, afterMs }), localPort, keepsMessages: true });
    return new RefusingPhone(sipp, account);
  }

  /** Calls that came in, oldest first. */
  get rings(): CallView[] {
    const invites = this.#sipp.messages.filter(({ method, status }) => method === 'INVITE' && status === undefined);
    const first = invites.filter(
      (invite, index) => invites.findIndex(({ callId }) => callId === invite.callId) === index,
    );
    return first.map((invite) => new CallView(this.#sipp, invite));
  }

  /** Waits for the next call that nobody has waited for yet. */
  async ring({ limitMs = 10_000 }: Limit = {}): Promise<CallView> {
    const wanted = this.#taken;
    const ring = await this.#sipp.changes.until(() => this.rings[wanted], {
      what: `ring ${wanted + 1} of ${this.#account.user}`,
      limitMs,
    });
    this.#taken += 1;
    return ring;
  }

  /** Takes the extension's registrations back and ends the phone. */
  async close(): Promise<void> {
    await this.#sipp.close();
    await forgetPhones(this.#account);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

function refusal({ status, reason, afterMs }: { status: number; reason: string; afterMs: number }): string {
  const reply = (line: string): string => `<send><![CDATA[

    SIP/2.0 ${line}
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]-[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:phone@[local_ip]:[local_port]>
    Content-Length: 0

  ]]></send>`;
  return `<scenario name="refuse">
    <recv request="INVITE"/>
    ${reply('180 Ringing')}
    <pause milliseconds="${afterMs}"/>
    ${reply(`${status} ${reason}`).replace('<send>', '<send retrans="500">')}
    <recv request="ACK"/>
  </scenario>`;
}
