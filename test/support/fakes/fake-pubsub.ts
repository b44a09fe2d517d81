import type { Clock } from '../../../src/lib/clock.ts';
import type { IqRequest, IqResult } from '../../../xmpp/client/iq.ts';
import { type Element, xml } from '../../../xmpp/client/library.ts';
import { NS } from '../../../xmpp/client/namespaces.ts';

interface FakeNode {
  item: { readonly id: string; readonly state: string } | null;
  readonly affiliations: Map<string, string>;
  readonly subscriptions: Map<string, string>;
}

/** A pubsub service in memory at the level of requests (XEP-0060), with latency and faults. */
export class FakePubsubService {
  readonly nodes = new Map<string, FakeNode>();
  /** What was done, oldest first: `create extension1000`, `publish extension1000 a1 ringing` … */
  readonly log: string[] = [];
  /** Requests for one node that were under way at one time, at most. */
  mostAtOnce = 0;
  /** Answers come after so long. */
  latencyMs = () => 1;
  /** A condition with which the request is refused, `timeout` for none at all, or `null`. */
  fault: (operation: string) => string | null = () => null;
  isOnline = true;
  readonly #clock: Clock;
  readonly #underWay = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Stands in for `XmppConnection.request`. */
  readonly request = async ({ type, child }: IqRequest): Promise<IqResult> => {
    if (!this.isOnline) return { ok: false, reason: 'away' };
    const node = nodeOf(child);
    const count = (this.#underWay.get(node) ?? 0) + 1;
    this.#underWay.set(node, count);
    this.mostAtOnce = Math.max(this.mostAtOnce, node === '' ? 0 : count);
    await new Promise<void>((resolve) => this.#clock.after(this.latencyMs(), resolve));
    this.#underWay.set(node, (this.#underWay.get(node) ?? 1) - 1);
    if (!this.isOnline) return { ok: false, reason: 'away' };
    const operation = describe(child, type);
    const fault = this.fault(operation);
    if (fault === 'timeout') return { ok: false, reason: 'timeout' };
    return fault ? refused(fault) : this.#do(operation, node, child, type);
  };

  #do(operation: string, name: string, child: Element, type: string): IqResult {
    const verb = operation.split(' ')[0] ?? '';
    if (verb === 'items-of-service') return done(xml('query', { xmlns: NS.discoItems }, ...this.#listed()));
    this.log.push(operation);
    const node = this.nodes.get(name);
    if (verb === 'create' && node) return refused('conflict');
    if (verb === 'create') this.nodes.set(name, { item: null, affiliations: new Map(), subscriptions: new Map() });
    else if (!node) return refused('item-not-found');
    else if (verb === 'delete') this.nodes.delete(name);
    else return change(node, verb, child, type);
    return done();
  }

  #listed(): Element[] {
    return [...this.nodes.keys()].map((node) => xml('item', { jid: 'pubsub', node }));
  }
}

function change(node: FakeNode, verb: string, child: Element, type: string): IqResult {
  const { id = '' } = itemOf(child).attrs;
  switch (verb) {
    case 'publish':
      node.item = { id, state: stateOf(child) };
      return done();
    case 'retract':
      if (node.item?.id !== id) return refused('item-not-found');
      node.item = null;
      return done();
    case 'items': {
      const items = node.item ? [xml('item', { id: node.item.id })] : [];
      return done(xml('pubsub', { xmlns: NS.pubsub }, xml('items', {}, ...items)));
    }
    case 'affiliations':
    case 'subscriptions':
      return access(node[verb], verb, child, type);
    default:
      return done();
  }
}

function access(
  held: Map<string, string>,
  verb: 'affiliations' | 'subscriptions',
  child: Element,
  type: string,
): IqResult {
  const one = verb.slice(0, -1);
  if (type === 'get') {
    const list = [...held].map(([jid, value]) => xml(one, { jid, [one]: value }));
    return done(xml('pubsub', { xmlns: NS.pubsubOwner }, xml(verb, {}, ...list)));
  }
  for (const entry of child.getChild(verb)?.getChildren(one) ?? []) {
    const jid = entry.attrs['jid'] ?? '';
    const value = entry.attrs[one] ?? '';
    if (value === 'none') held.delete(jid);
    else held.set(jid, value);
  }
  return done();
}

function done(child: Element | null = null): IqResult {
  return { ok: true, stanza: xml('iq', { type: 'result' }, child) };
}

function refused(condition: string): IqResult {
  return { ok: false, reason: 'error', error: { condition, application: null, text: null, type: 'cancel' } };
}

function operationOf(child: Element): Element | undefined {
  return child.getChildElements()[0];
}

function nodeOf(child: Element): string {
  return operationOf(child)?.attrs['node'] ?? '';
}

function itemOf(child: Element): Element {
  return operationOf(child)?.getChild('item') ?? xml('item');
}

function stateOf(child: Element): string {
  return itemOf(child).getChildElements()[0]?.attrs['state'] ?? '';
}

function describe(child: Element, type: string): string {
  const operation = operationOf(child);
  if (!operation) return 'items-of-service';
  const jids = operation.getChildElements().map((entry) => entry.attrs['jid']);
  const words = [operation.getName(), operation.attrs['node'], itemOf(child).attrs['id'], stateOf(child), ...jids];
  const isRead = type === 'get' && operation.getName() !== 'items';
  return [...words.filter((word) => word), ...(isRead ? ['?'] : [])].join(' ');
}
