import { type XmppAccount, XmppClient } from './xmpp-client.ts';

/** A member of the queue with a chat client. */
export class ChatMember extends XmppClient {
  /** Connects and is available. */
  static connect(account: XmppAccount): Promise<ChatMember> {
    return XmppClient.start((program) => new ChatMember(program, account), account);
  }
}
