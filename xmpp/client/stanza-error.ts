import type { Element } from './library.ts';
import { NS } from './namespaces.ts';

/** What a stanza of type error says (RFC 6120 8.3). */
export interface StanzaError {
  /** For example `item-not-found`. */
  readonly condition: string;
  /** The application's own condition, for example `closed-node`. */
  readonly application: string | null;
  readonly text: string | null;
  readonly type: string | null;
}

/** Reads the `<error/>` of a stanza by namespaces and not by position: ejabberd puts its own condition first. */
export function readStanzaError(stanza: Element): StanzaError {
  const error = stanza.getChild('error');
  const children = error?.getChildElements() ?? [];
  const standard = children.find((child) => child.getNS() === NS.stanzaErrors && child.getName() !== 'text');
  const application = children.find((child) => child.getNS() !== NS.stanzaErrors);
  return {
    condition: standard?.getName() ?? 'undefined-condition',
    application: application?.getName() ?? null,
    text: error?.getChildText('text', NS.stanzaErrors) ?? null,
    type: error?.attrs['type'] ?? null,
  };
}
