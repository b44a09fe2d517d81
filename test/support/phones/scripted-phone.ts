import type { SipAccount } from './baresip.ts';
import { CallView, type Limit } from './call-view.ts';
import { freePort } from './processes.ts';
import { forgetPhones, register, Sipp } from './sipp.ts';

/** A registered phone (sipp) that does with every call what its scenario says: for what no phone of baresip's can do. */
export class ScriptedPhone {
  readonly #sipp: Sipp;
  readonly #account: SipAccount;
  #taken = 0;

  private constructor(sipp: Sipp, account: SipAccount) {
    this.#sipp = sipp;
    this.#account = account;
  }

  /** Starts the phone and registers it. */
  static async plugIn(account: SipAccount, scenario: string): Promise<ScriptedPhone> {
    const localPort = await freePort();
    // The same port serves both: first the registration from it, then the calls to it.
    await register({ account, contact: '<sip:phone@[local_ip]:[local_port]>', expiresS: 300, localPort });
    return new ScriptedPhone(await Sipp.start({ scenario, localPort, keepsMessages: true }), account);
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
  async ring({ limitMs = 30_000 }: Limit = {}): Promise<CallView> {
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

/** An answer in a scenario, to the request that came last. */
export function reply(line: string, { tag = '', body = '' }: { tag?: string; body?: string } = {}): string {
  return `<send><![CDATA[

    SIP/2.0 ${line}
    [last_Via:]
    [last_From:]
    [last_To:]${tag}
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:phone@[local_ip]:[local_port]>
    ${body === '' ? '' : 'Content-Type: application/sdp\n    '}Content-Length: ${body === '' ? '0' : '[len]'}
${body === '' ? '' : `\n${body}`}
  ]]></send>`;
}

/** The tag of this end, in an answer that begins the dialog. */
export const OWN_TAG = ';tag=[pid]-[call_number]';
