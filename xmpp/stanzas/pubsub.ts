import { type Element, xml } from '../client/library.ts';
import { NS } from '../client/namespaces.ts';

/** Values of one field of a form. */
type FieldValue = string | readonly string[];

/** A submitted form (XEP-0004 3.2); FORM_TYPE is the hidden first field (XEP-0068). */
export function submitForm(formType: string, fields: Readonly<Record<string, FieldValue>>): Element {
  const kind = xml('field', { var: 'FORM_TYPE', type: 'hidden' }, xml('value', {}, formType));
  const others = Object.entries(fields).map(([name, value]) => {
    const values = typeof value === 'string' ? [value] : value;
    return xml('field', { var: name }, ...values.map((one) => xml('value', {}, one)));
  });
  return xml('x', { xmlns: NS.data, type: 'submit' }, kind, ...others);
}

/**
 * A node as contracts want it, said in full: Prosody's own default is `open` to everybody. Standard fields only, ejabberd
 * refuses others. Node names and titles are listed to every user, so the title holds the number and nothing personal.
 */
export function nodeForm(title: string): Element {
  return submitForm(NS.pubsubNodeConfig, {
    'pubsub#title': title,
    'pubsub#access_model': 'whitelist',
    'pubsub#publish_model': 'publishers',
    'pubsub#persist_items': '1',
    'pubsub#max_items': '1',
    'pubsub#send_last_published_item': 'on_sub',
    'pubsub#deliver_payloads': '1',
    'pubsub#notify_delete': '1',
    'pubsub#notify_retract': '1',
    // Nothing is kept for who is offline: it would be delivered stale, and customer data would lie about.
    'pubsub#notification_type': 'headline',
  });
}

/** XEP-0060 8.1.3. */
export function createNode(node: string, title: string): Element {
  return xml('pubsub', { xmlns: NS.pubsub }, xml('create', { node }), xml('configure', {}, nodeForm(title)));
}

/** XEP-0060 8.2.4. */
export function configureNode(node: string, title: string): Element {
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('configure', { node }, nodeForm(title)));
}

/** XEP-0060 8.4.1. */
export function deleteNode(node: string): Element {
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('delete', { node }));
}

/** XEP-0060 7.1.1. */
export function publishItem(node: string, itemId: string, payload: Element): Element {
  return xml('pubsub', { xmlns: NS.pubsub }, xml('publish', { node }, xml('item', { id: itemId }, payload)));
}

/** XEP-0060 7.2.1; subscribers are told. */
export function retractItem(node: string, itemId: string): Element {
  return xml('pubsub', { xmlns: NS.pubsub }, xml('retract', { node, notify: 'true' }, xml('item', { id: itemId })));
}

/** XEP-0060 6.5: what lies on the node. */
export function fetchItems(node: string): Element {
  return xml('pubsub', { xmlns: NS.pubsub }, xml('items', { node }));
}

export type Affiliation = 'member' | 'none';

/** XEP-0060 8.9.2: who may subscribe and fetch. */
export function setAffiliations(node: string, jids: readonly string[], affiliation: Affiliation): Element {
  const entries = jids.map((jid) => xml('affiliation', { jid, affiliation }));
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('affiliations', { node }, ...entries));
}

export type Subscription = 'subscribed' | 'none';

/** XEP-0060 8.8.2: who is subscribed, by the owner's hand. */
export function setSubscriptions(node: string, jids: readonly string[], subscription: Subscription): Element {
  const entries = jids.map((jid) => xml('subscription', { jid, subscription }));
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('subscriptions', { node }, ...entries));
}

/** XEP-0060 8.9.1. */
export function getAffiliations(node: string): Element {
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('affiliations', { node }));
}

/** XEP-0060 8.8.1. */
export function getSubscriptions(node: string): Element {
  return xml('pubsub', { xmlns: NS.pubsubOwner }, xml('subscriptions', { node }));
}

/** XEP-0060 5.2: the service's nodes. */
export function listNodes(): Element {
  return xml('query', { xmlns: NS.discoItems });
}
