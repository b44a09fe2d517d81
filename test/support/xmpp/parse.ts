import { xml as libraryXml } from '@xmpp/client';
import type { Element } from '../../../xmpp/client/library.ts';

interface LibraryParser {
  on(event: 'element', listener: (element: Element) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  write(text: string): void;
}

/** Parses one stanza as it comes off the wire, with the very parser (ltx) that the client library uses. */
export function parseStanza(text: string): Element {
  const { Parser } = libraryXml as unknown as { Parser: new () => LibraryParser };
  const parser = new Parser();
  const found: Element[] = [];
  parser.on('element', (element) => found.push(element));
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(`<stream xmlns='jabber:client'>${text}`);
  const [stanza, ...others] = found;
  if (!stanza || others.length > 0) throw new Error(`${found.length} stanzas in: ${text}`);
  return stanza;
}
