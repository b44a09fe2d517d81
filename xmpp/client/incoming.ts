import { type Element, xml } from './library.ts';
import { NS } from './namespaces.ts';

/** What the account says that it is (XEP-0030 section 3). */
const IDENTITY = { category: 'client', type: 'bot', name: 'queueapp' } as const;
const FEATURES = [NS.discoInfo, NS.ping] as const;

/** The answer to somebody's request (RFC 6120 8.2.3: there must be one), or `null` for a stanza that is none. */
export function answerRequest(stanza: Element): Element | null {
  const { type, from, id } = stanza.attrs;
  if (!stanza.is('iq') || (type !== 'get' && type !== 'set')) return null;
  const [child] = stanza.getChildElements();
  const result = type === 'get' && child ? describe(child) : null;
  if (result === 'done') return xml('iq', { type: 'result', to: from, id });
  if (result) return xml('iq', { type: 'result', to: from, id }, result);
  const condition = xml('service-unavailable', { xmlns: NS.stanzaErrors });
  return xml('iq', { type: 'error', to: from, id }, xml('error', { type: 'cancel' }, condition));
}

function describe(child: Element): Element | 'done' | null {
  if (child.is('ping', NS.ping)) return 'done';
  if (!child.is('query', NS.discoInfo) || child.attrs['node'] !== undefined) return null;
  const features = FEATURES.map((feature) => xml('feature', { var: feature }));
  return xml('query', { xmlns: NS.discoInfo }, xml('identity', IDENTITY), ...features);
}
