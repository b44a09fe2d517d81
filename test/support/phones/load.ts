import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SipAccount } from './baresip.ts';
import { freePort } from './processes.ts';
import { forgetPhones, register, Sipp } from './sipp.ts';

/** A load of callers: how many, how fast, for how long each. */
export interface LoadOptions {
  readonly account: SipAccount;
  /** The number that every caller dials. */
  readonly number: string;
  readonly callsPerSecond: number;
  readonly calls: number;
  /** How long a caller stays after the answer; without it, until the other side hangs up. */
  readonly stayMs?: number;
  /** How long a caller waits for an answer, and then for the other side's hang-up. @default 60000 */
  readonly patienceMs?: number;
}

/** What became of a load. */
export interface LoadResult {
  readonly calls: number;
  readonly successful: number;
  readonly failed: number;
  /** From the first call to the last one's end. */
  readonly tookMs: number;
  /** sipp's own statistics by column name, of the end of the run (`SuccessfulCall(C)`, `FailedUnexpectedMessage(C)`, …). */
  readonly statistics: ReadonlyMap<string, string>;
  /** The beginning of what sipp says about calls that failed. */
  readonly errors: string;
}

/** Calls a number many times over (sipp, signalling only), and tells what became of the calls. */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { account, number, callsPerSecond, calls, stayMs, patienceMs = 60_000 } = options;
  const args = [
    '-s',
    number,
    '-r',
    String(callsPerSecond),
    '-m',
    String(calls),
    '-l',
    String(calls),
    '-trace_stat',
    '-fd',
    '1',
    '-trace_err',
    '-error_file',
    'errors.log',
  ];
  const sipp = await Sipp.start({
    scenario: callerScenario({ account, patienceMs, stayMs }),
    account,
    args,
    localPort: await freePort(),
  });
  const startedAtMs = Date.now();
  try {
    const limitMs = (calls / callsPerSecond) * 1000 + 2 * patienceMs + 10_000;
    if (!(await sipp.program.ended(limitMs)))
      throw new Error(
        `sipp did not end in ${limitMs} ms:\n${sipp.program.output.slice(-3000)}${await readErrors(sipp.program.folder)}`,
      );
    const tookMs = Date.now() - startedAtMs;
    const statistics = await readStatistics(sipp.program.folder);
    const figure = (name: string): number => Number(statistics.get(name) ?? Number.NaN);
    return {
      calls: figure('TotalCallCreated'),
      successful: figure('SuccessfulCall(C)'),
      failed: figure('FailedCall(C)'),
      tookMs,
      statistics,
      errors: await readErrors(sipp.program.folder),
    };
  } finally {
    await sipp.close();
  }
}

/** Phones that answer every call at once and hang up after a time (sipp, signalling only): all at one address. */
export class AnsweringPhones {
  /** SIP URI part after the user name, for an AOR's `contact=sip:ANY@HOST:PORT`. */
  readonly address: string;
  readonly #sipp: Sipp;
  readonly #accounts: readonly SipAccount[];

  private constructor(address: string, sipp: Sipp, accounts: readonly SipAccount[]) {
    this.address = address;
    this.#sipp = sipp;
    this.#accounts = accounts;
  }

  /**
   * Starts them on a free port of loopback, registered as the extensions of `accounts`; without any, Asterisk has to
   * know their address by an AOR's static contact.
   */
  static async plugIn({
    talkMs,
    accounts = [],
  }: {
    talkMs: number;
    accounts?: readonly SipAccount[];
  }): Promise<AnsweringPhones> {
    const localPort = await freePort();
    // From the very port that the calls shall come to: Asterisk's `rewrite_contact` takes the sender's address.
    for (const account of accounts) {
      await register({ account, contact: `<sip:${account.user}@[local_ip]:[local_port]>`, expiresS: 3600, localPort });
    }
    const sipp = await Sipp.start({ scenario: answeringScenario(talkMs), localPort });
    return new AnsweringPhones(`127.0.0.1:${localPort}`, sipp, accounts);
  }

  /** Takes their extensions' registrations back and ends them. */
  async close(): Promise<void> {
    await this.#sipp.close();
    for (const account of this.#accounts) await forgetPhones(account);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

async function readErrors(folder: string): Promise<string> {
  // sipp makes the file with the first error.
  const text = await readFile(join(folder, 'errors.log'), 'utf8').catch(() => '');
  return text.slice(0, 4000);
}

/** Reads the last line of sipp's statistics file (`;` between columns, names in the first line). */
async function readStatistics(folder: string): Promise<Map<string, string>> {
  const file = (await readdir(folder)).find((name) => name.endsWith('.csv'));
  if (file === undefined) throw new Error('sipp wrote no statistics');
  const lines = (await readFile(join(folder, file), 'utf8')).trim().split('\n');
  const names = (lines[0] ?? '').split(';');
  const values = (lines.at(-1) ?? '').split(';');
  return new Map(names.map((name, index) => [name, values[index] ?? '']));
}

const SDP = `v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio [media_port] RTP/AVP 0 96
    a=rtpmap:0 PCMU/8000
    a=rtpmap:96 telephone-event/8000
    a=fmtp:96 0-15`;

const OK_WITH_SDP = `

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:phone@[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    ${SDP}

`;

const OK = `

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

`;

/**
 * The conversation: until the other side hangs up (on to label 9), or for `limitMs`, after which this side goes on at label 5
 * to hang up. Asterisk may send a re-INVITE at any moment, for instance to show whom one is connected with.
 */
function talk({ limitMs, hangsUp }: { limitMs: number; hangsUp: boolean }): string {
  // sipp looks at the limit of the first of several alternatives only.
  const limit = `timeout="${limitMs}" ${hangsUp ? 'ontimeout="5"' : ''}`;
  return `<label id="1"/>
    <recv request="BYE" optional="true" next="8" ${limit}/>
    <recv request="INVITE" ${limit}/>
    <send retrans="500"><![CDATA[${OK_WITH_SDP}]]></send>
    <recv request="ACK" next="1"/>
    <label id="8"/>
    <send next="9"><![CDATA[${OK}]]></send>
    <label id="5"/>`;
}

function callerScenario({
  account,
  patienceMs,
  stayMs,
}: {
  account: SipAccount;
  patienceMs: number;
  stayMs: number | undefined;
}): string {
  const from = `From: <sip:${account.user}@[remote_ip]:[remote_port]>;tag=[pid]-[call_number]`;
  const contact = `Contact: <sip:${account.user}@[local_ip]:[local_port]>`;
  const invite = (cseq: number, authentication: string): string => `<send retrans="500"><![CDATA[

    INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    ${from}
    To: <sip:[service]@[remote_ip]:[remote_port]>
    Call-ID: [call_id]
    CSeq: ${cseq} INVITE
    ${contact}
    ${authentication}
    Content-Type: application/sdp
    Content-Length: [len]

    ${SDP}

  ]]></send>`;
  const inDialog = (method: string, cseq: number, target: string): string => `
    ${method} ${target} SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    ${from}
    To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: ${cseq} ${method}
    Content-Length: 0
`;
  const bye = `<send retrans="500"><![CDATA[\n${inDialog('BYE', 3, '[next_url]')}\n]]></send><recv response="200" next="9"/>`;
  return `<scenario name="caller">
    ${invite(1, 'Subject: load')}
    <recv response="100" optional="true"/>
    <recv response="401" auth="true"/>
    <send><![CDATA[\n${inDialog('ACK', 1, 'sip:[service]@[remote_ip]:[remote_port]')}\n]]></send>
    ${invite(2, '[authentication]')}
    ${[100, 180, 183].map((status) => `<recv response="${status}" optional="true" timeout="${patienceMs}"/>`).join('\n    ')}
    <recv response="200" rrs="true" timeout="${patienceMs}"/>
    <send><![CDATA[\n${inDialog('ACK', 2, '[next_url]')}\n]]></send>
    ${talk({ limitMs: stayMs ?? patienceMs, hangsUp: stayMs !== undefined })}
    ${bye}
    <label id="9"/>
  </scenario>`;
}

function answeringScenario(talkMs: number): string {
  return `<scenario name="answer">
    <recv request="INVITE" rrs="true">
      <action>
        <ereg regexp=".*" search_in="hdr" header="From:" assign_to="you"/>
        <ereg regexp=".*" search_in="hdr" header="To:" assign_to="me"/>
      </action>
    </recv>
    <send retrans="500"><![CDATA[

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:];tag=[pid]-[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:phone@[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    ${SDP}

  ]]></send>
    <recv request="ACK"/>
    ${talk({ limitMs: talkMs, hangsUp: true })}
    <send retrans="500"><![CDATA[

    BYE [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From:[$me];tag=[pid]-[call_number]
    To:[$you]
    [last_Call-ID:]
    CSeq: 1 BYE
    Content-Length: 0

  ]]></send>
    <recv response="200"/>
    <label id="9"/>
  </scenario>`;
}
