import type { Logger } from '../src/log.ts';
import type { IqRequest, IqResult } from './client/iq.ts';
import { bareJid } from './client/jid.ts';
import type { Element } from './client/library.ts';
import { NS } from './client/namespaces.ts';
import * as stanzas from './stanzas/pubsub.ts';

/** What became of an operation on a node. `missing`: the node (or item) does not exist. */
export type PubsubOutcome = 'done' | 'missing' | 'exists' | 'refused' | 'timeout' | 'away';

/** Nodes that are read from the service's list; more than that are not one telephone system's. */
const NODES_MAX = 10_000;

export interface PubsubOptions {
  readonly service: string;
  /** Bare JID of the own account, which owns the nodes. */
  readonly owner: string;
  readonly log: Logger;
  request(request: IqRequest): Promise<IqResult>;
}

/** The nodes of one pubsub service (XEP-0060), as operations with outcomes. Never rejects. */
export class Pubsub {
  readonly #options: PubsubOptions;

  constructor(options: PubsubOptions) {
    this.#options = options;
  }

  /** Creates the node, or configures the one that exists, and gives exactly `allowed` access to it. */
  async ensureNode(node: string, title: string, allowed: readonly string[]): Promise<PubsubOutcome> {
    const created = await this.#ask('set', stanzas.createNode(node, title), `create ${node}`);
    if (created === 'done') {
      const granted = await this.#grant(node, allowed);
      return granted;
    }
    if (created !== 'exists') return created;
    const configured = await this.#ask('set', stanzas.configureNode(node, title), `configure ${node}`);
    if (configured !== 'done') return configured;
    const revoked = await this.#revokeOthers(node, allowed);
    if (revoked !== 'done') return revoked;
    const granted = await this.#grant(node, allowed);
    return granted === 'done' ? 'exists' : granted;
  }

  deleteNode(node: string): Promise<PubsubOutcome> {
    return this.#ask('set', stanzas.deleteNode(node), `delete ${node}`);
  }

  publish(node: string, itemId: string, payload: Element): Promise<PubsubOutcome> {
    return this.#ask('set', stanzas.publishItem(node, itemId, payload), `publish to ${node}`);
  }

  retract(node: string, itemId: string): Promise<PubsubOutcome> {
    return this.#ask('set', stanzas.retractItem(node, itemId), `retract from ${node}`);
  }

  /** Ids of the items on the node, or the outcome that kept us from reading them. */
  async itemIds(node: string): Promise<readonly string[] | PubsubOutcome> {
    const result = await this.#request('get', stanzas.fetchItems(node));
    if (!result.ok) return this.#outcome(result, `fetch the items of ${node}`);
    const items = result.stanza.getChild('pubsub', NS.pubsub)?.getChild('items')?.getChildren('item') ?? [];
    return items.map((item) => item.attrs['id']).filter((id) => id !== undefined);
  }

  /** Names of all nodes of the service, whoever owns them, or the outcome that kept us from reading them. */
  async nodeNames(): Promise<readonly string[] | PubsubOutcome> {
    const result = await this.#request('get', stanzas.listNodes());
    if (!result.ok) return this.#outcome(result, 'list the nodes');
    const items = result.stanza.getChild('query', NS.discoItems)?.getChildren('item') ?? [];
    const names = items.map((item) => item.attrs['node']).filter((name) => name !== undefined);
    if (names.length > NODES_MAX)
      this.#options.log.warn({ nodes: names.length }, 'Too many pubsub nodes: the rest is not looked at');
    return names.slice(0, NODES_MAX);
  }

  /** Membership first, then the subscription: a deleted node lost all of them, and nobody would subscribe again. */
  async #grant(node: string, allowed: readonly string[]): Promise<PubsubOutcome> {
    if (allowed.length === 0) return 'done';
    const admitted = await this.#forAll(allowed, (jids) =>
      this.#ask('set', stanzas.setAffiliations(node, jids, 'member'), `admit to ${node}`),
    );
    if (admitted !== 'done') return admitted;
    return await this.#forAll(allowed, (jids) =>
      this.#ask('set', stanzas.setSubscriptions(node, jids, 'subscribed'), `subscribe to ${node}`),
    );
  }

  /** Subscriptions first: both servers let a subscription live on whose owner is no member any more. */
  async #revokeOthers(node: string, allowed: readonly string[]): Promise<PubsubOutcome> {
    const keep = new Set([...allowed.map((jid) => bareJid(jid)), this.#options.owner]);
    const subscribed = await this.#jids(node, stanzas.getSubscriptions(node), 'subscription');
    if (typeof subscribed === 'string') return subscribed;
    const unwanted = subscribed.filter((jid) => !keep.has(bareJid(jid)));
    if (unwanted.length > 0) {
      const outcome = await this.#ask(
        'set',
        stanzas.setSubscriptions(node, unwanted, 'none'),
        `unsubscribe from ${node}`,
      );
      if (outcome !== 'done') return outcome;
    }
    const affiliated = await this.#jids(node, stanzas.getAffiliations(node), 'affiliation');
    if (typeof affiliated === 'string') return affiliated;
    const strangers = affiliated.filter((jid) => !keep.has(bareJid(jid)));
    if (strangers.length === 0) return 'done';
    return await this.#ask('set', stanzas.setAffiliations(node, strangers, 'none'), `shut out of ${node}`);
  }

  async #jids(
    node: string,
    child: Element,
    kind: 'subscription' | 'affiliation',
  ): Promise<readonly string[] | PubsubOutcome> {
    const result = await this.#request('get', child);
    if (!result.ok) return this.#outcome(result, `read the ${kind}s of ${node}`);
    const list = result.stanza.getChild('pubsub', NS.pubsubOwner)?.getChild(`${kind}s`)?.getChildren(kind) ?? [];
    const living = list.filter((entry) => entry.attrs[kind] !== 'none' && entry.attrs['affiliation'] !== 'owner');
    return living.map((entry) => entry.attrs['jid']).filter((jid) => jid !== undefined);
  }

  /** All in one request; when the server refuses the list, one by one, so that one bad JID harms nobody else. */
  async #forAll(
    jids: readonly string[],
    ask: (jids: readonly string[]) => Promise<PubsubOutcome>,
  ): Promise<PubsubOutcome> {
    const together = await ask(jids);
    if (together !== 'refused' || jids.length === 1) return together === 'refused' ? 'done' : together;
    for (const jid of jids) {
      const outcome = await ask([jid]);
      if (outcome !== 'done' && outcome !== 'refused') return outcome;
    }
    return 'done';
  }

  async #ask(type: 'get' | 'set', child: Element, what: string): Promise<PubsubOutcome> {
    const result = await this.#request(type, child);
    return result.ok ? 'done' : this.#outcome(result, what);
  }

  #request(type: 'get' | 'set', child: Element): Promise<IqResult> {
    return this.#options.request({ type, to: this.#options.service, child });
  }

  #outcome(result: IqResult & { readonly ok: false }, what: string): PubsubOutcome {
    if (result.reason !== 'error') return result.reason === 'away' ? 'away' : 'timeout';
    const { condition, application, text } = result.error;
    if (condition === 'item-not-found') return 'missing';
    if (condition === 'conflict') return 'exists';
    const details = { operation: what, condition, application, text };
    this.#options.log.warn(details, 'The pubsub service refused an operation');
    return 'refused';
  }
}
