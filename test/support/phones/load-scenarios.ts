/** What sipp offers as its port for sound; it is bound, and nobody listens to it. */
const SIPP_PORT = '[media_port]';

const sdp = (mediaPort: string): string => `v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP[media_ip_type] [media_ip]
    t=0 0
    m=audio ${mediaPort} RTP/AVP 0 96
    a=rtpmap:0 PCMU/8000
    a=rtpmap:96 telephone-event/8000
    a=fmtp:96 0-15`;

const okWithSdp = (mediaPort: string): string => `

    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:phone@[local_ip]:[local_port]>
    Content-Type: application/sdp
    Content-Length: [len]

    ${sdp(mediaPort)}

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

/** Both ends have asked for a change at once. */
const PENDING = OK.replace('200 OK', '491 Request Pending');

/**
 * The conversation: until the other side hangs up (on to label 9), or for `limitMs`, after which this side goes on at label 5
 * to hang up. Asterisk may send a re-INVITE at any moment, for instance to show whom one is connected with.
 */
function talk({
  limitMs,
  hangsUp,
  mediaPort = SIPP_PORT,
}: {
  limitMs: number;
  hangsUp: boolean;
  mediaPort?: string;
}): string {
  // sipp looks at the limit of the first of several alternatives only.
  const limit = `timeout="${limitMs}" ${hangsUp ? 'ontimeout="5"' : ''}`;
  return `<label id="1"/>
    <recv request="BYE" optional="true" next="8" ${limit}/>
    <recv request="INVITE" ${limit}/>
    <send retrans="500"><![CDATA[${okWithSdp(mediaPort)}]]></send>
    <recv request="ACK" next="1"/>
    <label id="8"/>
    <send next="9"><![CDATA[${OK}]]></send>
    <label id="5"/>`;
}

/**
 * One caller, from INVITE with digest authentication to BYE; `from` is the From header's value without tag, `afterAnswer` what
 * the caller does first when somebody has answered (sipp's elements).
 */
export function callerScenario({
  user,
  from: presented = `<sip:${user}@[remote_ip]:[remote_port]>`,
  patienceMs,
  stayMs,
  afterAnswer = '',
  mediaPort = SIPP_PORT,
}: {
  user: string;
  from: string | undefined;
  patienceMs: number;
  stayMs: number | undefined;
  afterAnswer?: string | undefined;
  /** Where the caller wants the sound: a number, or sipp's word for one. */
  mediaPort?: string | undefined;
}): string {
  if (/\]\]>|[\r\n]/.test(presented)) throw new Error('A From that ends the scenario, or the line, cannot be sent');
  const from = `From: ${presented};tag=[pid]-[call_number]`;
  const contact = `Contact: <sip:${user}@[local_ip]:[local_port]>`;
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

    ${sdp(mediaPort)}

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
    <recv response="100" optional="true" timeout="${patienceMs}"/>
    <recv response="401" auth="true" timeout="${patienceMs}"/>
    <send><![CDATA[\n${inDialog('ACK', 1, 'sip:[service]@[remote_ip]:[remote_port]')}\n]]></send>
    ${invite(2, '[authentication]')}
    ${[100, 180, 183].map((status) => `<recv response="${status}" optional="true" timeout="${patienceMs}"/>`).join('\n    ')}
    <recv response="200" rrs="true" timeout="${patienceMs}"/>
    <send><![CDATA[\n${inDialog('ACK', 2, '[next_url]')}\n]]></send>
    ${afterAnswer}
    ${talk({ limitMs: stayMs ?? patienceMs, hangsUp: stayMs !== undefined, mediaPort })}
    ${bye}
    <label id="9"/>
  </scenario>`;
}

/** What a crowd's phone does with every call; times in milliseconds. */
export interface PhoneHabits {
  /** How long it rings before it does anything; 0: it answers without ringing. */
  readonly ringMs: number;
  /** `never`: it rings until the other side gives up; `busy`: it refuses (486). */
  readonly act: 'answer' | 'never' | 'busy';
  /** From the answer to its hang-up. */
  readonly talkMs: number;
  /** It puts the other side on hold after this much of the talk, for as long. @default never */
  readonly holdMs?: number;
}

const INVITED = `<recv request="INVITE" rrs="true">
      <action>
        <ereg regexp=".*" search_in="hdr" header="From:" assign_to="you"/>
        <ereg regexp=".*" search_in="hdr" header="To:" assign_to="me"/>
        <ereg regexp=".*" search_in="hdr" header="CSeq:" assign_to="invited"/>
      </action>
    </recv>`;

const TAG = ';tag=[pid]-[call_number]';

/** An answer to the INVITE, also when a CANCEL has come since. */
const answerInvite = (line: string, sound = ''): string => `

    SIP/2.0 ${line}
    [last_Via:]
    From:[$you]
    To:[$me]${TAG}
    [last_Call-ID:]
    CSeq:[$invited]
    Contact: <sip:phone@[local_ip]:[local_port]>
    ${sound === '' ? '' : 'Content-Type: application/sdp\n    '}Content-Length: ${sound === '' ? '0' : '[len]'}
${sound === '' ? '' : `\n    ${sound}`}
`;

const inDialogOfPhone = (method: string, cseq: number, sound = ''): string => `

    ${method} [next_url] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    Max-Forwards: 70
    From:[$me]${TAG}
    To:[$you]
    [last_Call-ID:]
    CSeq: ${cseq} ${method}
    Contact: <sip:phone@[local_ip]:[local_port]>
    ${sound === '' ? '' : 'Content-Type: application/sdp\n    '}Content-Length: ${sound === '' ? '0' : '[len]'}
${sound === '' ? '' : `\n    ${sound}`}
`;

/** A phone with habits. While it rings it hears of a CANCEL, as real ones do. */
export function phoneScenario({ ringMs, act, talkMs, holdMs }: PhoneHabits): string {
  const isPatient = act === 'never';
  const ring =
    ringMs === 0 && !isPatient
      ? ''
      : `<send><![CDATA[${answerInvite('180 Ringing')}]]></send>
    <recv request="CANCEL" next="6" ${isPatient ? '' : `timeout="${ringMs}" ontimeout="4"`}/>`;
  return `<scenario name="phone">
    ${INVITED}
    ${ring}
    <label id="4"/>
    ${act === 'busy' ? refusal('486 Busy Here') : conversation(talkMs, holdMs)}
    <label id="6"/>
    <send><![CDATA[${OK}]]></send>
    ${refusal('487 Request Terminated')}
    <label id="9"/>
  </scenario>`;
}

const refusal = (line: string): string => `<send retrans="500"><![CDATA[${answerInvite(line)}]]></send>
    <recv request="ACK" next="9"/>`;

function conversation(talkMs: number, holdMs: number | undefined): string {
  return `<send retrans="500"><![CDATA[${answerInvite('200 OK', sdp(SIPP_PORT))}]]></send>
    <recv request="ACK"/>
    ${holdMs === undefined ? '' : hold(holdMs)}
    ${talk({ limitMs: talkMs, hangsUp: true })}
    <send retrans="500"><![CDATA[${inDialogOfPhone('BYE', 3)}]]></send>
    <recv response="200" next="9"/>`;
}

/**
 * On hold and back (RFC 3264, section 8.4); who hangs up meanwhile ends the call. The other side's re-INVITE is answered, whenever it comes; where
 * both have sent one, neither counts (RFC 3261, section 14.2), and this phone does without this step.
 */
function hold(holdMs: number): string {
  const wait = (first: number): string => `<label id="${first}"/>
    <recv request="BYE" optional="true" next="8" timeout="${holdMs}" ontimeout="${first + 1}"/>
    <recv request="INVITE" timeout="${holdMs}" ontimeout="${first + 1}"/>
    <send retrans="500"><![CDATA[${okWithSdp(SIPP_PORT)}]]></send>
    <recv request="ACK" next="${first}"/>`;
  const reinvite = (first: number, cseq: number, direction: string): string => `<label id="${first + 1}"/>
    <send retrans="500"><![CDATA[${inDialogOfPhone('INVITE', cseq, `${sdp(SIPP_PORT)}\n    a=${direction}`)}]]></send>
    <label id="${first + 2}"/>
    <recv response="100" optional="true"/>
    <recv request="BYE" optional="true" next="8"/>
    <recv request="INVITE" optional="true" next="${first + 3}"/>
    <recv response="491" optional="true" next="${first + 4}"/>
    <recv response="200" rrs="true"/>
    <send next="${first + 5}"><![CDATA[${inDialogOfPhone('ACK', cseq)}]]></send>
    <label id="${first + 3}"/>
    <send><![CDATA[${PENDING}]]></send>
    <recv request="ACK" next="${first + 2}"/>
    <label id="${first + 4}"/>
    <send><![CDATA[${inDialogOfPhone('ACK', cseq)}]]></send>
    <label id="${first + 5}"/>`;
  return [wait(10), reinvite(10, 1, 'sendonly'), wait(20), reinvite(20, 2, 'sendrecv')].join('\n    ');
}

/** A phone that answers at once and hangs up after a time. */
export function answeringScenario(talkMs: number): string {
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

    ${sdp(SIPP_PORT)}

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
