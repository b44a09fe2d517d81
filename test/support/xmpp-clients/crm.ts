import { type Item, type XmppAccount, XmppClient } from './xmpp-client.ts';

/** CRM software that subscribes to the extensions' nodes (XEP-0060). */
export class Crm extends XmppClient {
  #pubsub = '';

  /** Connects; `pubsub` is the address of the pubsub service (`XMPP_PUBSUB`). */
  static async connect(account: XmppAccount & { readonly pubsub: string }): Promise<Crm> {
    const crm = await XmppClient.start((program) => new Crm(program, account), account);
    crm.#pubsub = account.pubsub;
    return crm;
  }

  /** Subscribes to a node with the bare JID; the newest item comes at once if the node keeps one. */
  async subscribe(node: string): Promise<void> {
    await this.command({ do: 'subscribe', node, service: this.#pubsub });
  }

  /** Ends a subscription. */
  async unsubscribe(node: string): Promise<void> {
    await this.command({ do: 'unsubscribe', node, service: this.#pubsub });
  }

  /** Asks for the items that a node keeps. */
  async items(node: string): Promise<Item[]> {
    return (await this.command({ do: 'items', node, service: this.#pubsub })) as Item[];
  }
}
