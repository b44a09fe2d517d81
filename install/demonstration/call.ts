// One real call: a scripted caller, a scripted phone, a chat client and a CRM, all of them programs that nobody here wrote.
import { writeWav } from '../../test/support/audio/pcm.ts';
import type { SipAccount } from '../../test/support/phones/baresip.ts';
import { type Caller, dial } from '../../test/support/phones/caller.ts';
import { answers, Phone } from '../../test/support/phones/phone.ts';
import { Crm } from '../../test/support/xmpp-clients/crm.ts';
import { ChatMember } from '../../test/support/xmpp-clients/member.ts';
import type { XmppAccount } from '../../test/support/xmpp-clients/xmpp-client.ts';
import type { StackEnv } from '../private-stack/env.ts';
import { leftBehind } from './running-app.ts';
import type { TimeLine } from './time-line.ts';

const ANSWER_AFTER_MS = 2_000;
const TALK_MS = 4_000;
/** The machine may be busy; what is waited for usually takes a fraction of this. */
const LIMIT = { limitMs: 30_000 };

/** The people of the story. */
interface People {
  readonly chat: ChatMember;
  readonly crm: Crm;
  readonly phone: Phone;
}

/** Plays the whole story; rejects at the first step that is missing. Answers the file with what the caller heard. */
export async function placeCall(env: StackEnv, line: TimeLine): Promise<string> {
  const openings: (() => Promise<void>)[] = [];
  const add = <T extends { close(): Promise<void> }>(person: T): T => {
    openings.unshift(() => person.close());
    return person;
  };
  try {
    const chatAccount = xmppAccount(env, `user1@${env.XMPP_DOMAIN}`, env.MEMBER_PASSWORD);
    const chat = add(await line.step('the chat client connects', () => ChatMember.connect(chatAccount)));
    line.say('chat', `${chatAccount.jid} is online`);
    const crmAccount = { ...xmppAccount(env, env.CRM_JID, env.CRM_PASSWORD), pubsub: env.XMPP_PUBSUB };
    const crm = add(await line.step('the CRM connects', () => Crm.connect(crmAccount)));
    const plugIn = () => Phone.plugIn({ account: sipAccount(env, '1000') });
    const phone = add(await line.step('the phone registers', plugIn));
    phone.behave(answers(ANSWER_AFTER_MS, TALK_MS));
    line.say('phone', 'extension 1000 is registered');
    await logIn(phone, line);
    await line.step('the CRM subscribes', () => crm.subscribe('extension1000'));
    line.say('CRM', 'has subscribed to the node extension1000');
    const from = { number: '5550199', name: 'Ann Caller' };
    const startCall = () => dial({ account: sipAccount(env, 'caller'), from, number: '0000' });
    const caller = add(await line.step('the caller dials', startCall));
    await goThroughMenu(caller, line);
    await beServed({ chat, crm, phone }, caller, line);
    const file = leftBehind('caller-heard.wav');
    writeWav(file, await caller.recording());
    return file;
  } finally {
    for (const close of openings) await close();
  }
}

/** `*56466*`, with its prompts. */
async function logIn(phone: Phone, line: TimeLine): Promise<void> {
  const call = await line.step('the phone dials *56466*', () => phone.dial('*56466*'));
  line.say('phone', 'dials *56466*', call.invitedAtMs);
  for (const prompt of ['wait_a_moment', 'logon']) await hears('phone', call, line, prompt);
  await line.step('the login ends', () => call.ended(LIMIT));
}

async function goThroughMenu(caller: Caller, line: TimeLine): Promise<void> {
  line.say('caller', 'dials 0000', caller.invitedAtMs);
  line.say('caller', 'is answered', await line.step('the call is answered', () => caller.answered(LIMIT)));
  await hears('caller', caller, line, 'welcome');
  await hears('caller', caller, line, 'ivr_menu');
  line.say('caller', 'presses 1');
  await caller.press('1');
  await hears('caller', caller, line, 'inform_code');
  line.say('caller', 'types 1111');
  await caller.press('1111');
}

async function beServed({ chat, crm, phone }: People, caller: Caller, line: TimeLine): Promise<void> {
  const isEntry = ({ body }: { body: string }) => body.includes('position');
  const message = await line.step('the chat message', () => chat.next('message', isEntry, LIMIT));
  line.say('chat', `"${message.body}"`, message.atMs);
  await item(crm, line, 'ringing');
  const ring = await line.step('the phone rings', () => phone.ring(LIMIT));
  line.say('phone', `rings, and shows "${ring.caller.name}" ${ring.caller.number}`, ring.invitedAtMs);
  line.say('phone', 'answers', await line.step('the phone answers', () => ring.answered(LIMIT)));
  await item(crm, line, 'connected');
  const end = await line.step('the call ends', () => caller.ended(LIMIT));
  line.say('caller', `the member has hung up (${end.how})`, end.atMs);
  await item(crm, line, 'ended');
  const retract = await line.step('the item is retracted', () => crm.next('retract', undefined, LIMIT));
  line.say('CRM', 'the item is gone from the node', retract.atMs);
}

async function item(crm: Crm, line: TimeLine, state: string): Promise<void> {
  const isIt = ({ payload }: { payload: string }) => payload.includes(`state="${state}"`);
  const event = await line.step(`the item ${state}`, () => crm.next('item', isIt, LIMIT));
  const customer = /<name>([^<]*)/.exec(event.payload)?.[1] ?? 'nobody';
  line.say('CRM', `item: state ${state}, customer ${customer}`, event.atMs);
}

async function hears(
  who: string,
  call: Pick<Caller, 'hears' | 'invitedAtMs'>,
  line: TimeLine,
  prompt: string,
): Promise<void> {
  const heard = await line.step(`${who} hears ${prompt}`, () => call.hears(prompt, LIMIT));
  line.say(who, `hears "${prompt}" (recognised, ${heard.score.toFixed(2)} of 1)`, call.invitedAtMs + heard.offsetMs);
}

function sipAccount(env: StackEnv, user: string): SipAccount {
  return { host: env.SIP_HOST, port: Number(env.SIP_PORT), user, password: env.SIP_PASSWORD };
}

function xmppAccount(env: StackEnv, jid: string, password: string): XmppAccount {
  return { jid, password, service: env.XMPP_SERVICE, ca: env.XMPP_CA };
}
