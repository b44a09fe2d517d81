import { type Item, type XmppAccount, XmppClient } from './xmpp-client.ts';

/** CRM software that subscribes to the extensions' nodes (XEP-0060). */
export class Crm extends XmppClient {
  #pubsub = '';
  #untilNodes: () => Promise<unknown> = async () => undefined;

  /**
   * Connects; `pubsub` is the address of the pubsub service (`XMPP_PUBSUB`). `untilNodes` is waited for before each subscription: a login is
   * confirmed before the server has made the node and lets the subscribers in.
   */
  static async connect(
    account: XmppAccount & { readonly pubsub: string },
    untilNodes?: () => Promise<unknown>,
  ): Promise<Crm> {
    const crm = await XmppClient.start((program) => new Crm(program, account), account);
    crm.#pubsub = account.pubsub;
    if (untilNodes !== undefined) crm.#untilNodes = untilNodes;
    return crm;
  }

  /** Subscribes to a node with the bare JID; the newest item comes at once if the node keeps one. */
  async subscribe(node: string): Promise<void> {
    await this.#untilNodes();
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
