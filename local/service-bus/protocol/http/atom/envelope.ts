import type { HttpReply } from '../exchange.ts';
import { toXml, type XmlContent } from '../xml.ts';
import { formatInstant, XML_SCHEMA_INSTANCE } from './value-formats.ts';

const ATOM = 'http://www.w3.org/2005/Atom';
const SERVICE_BUS = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';

export interface Entry {
  /** The entity's own URI: clients take its name from the path of this and from nowhere else. */
  readonly id: string;
  readonly title: string;
  readonly publishedAt: number;
  readonly updatedAt: number;
  /** `QueueDescription` and its like. */
  readonly descriptionName: string;
  readonly description: XmlContent;
}

export function entryReply(status: number, entry: Entry, namespaceName: string): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/atom+xml;type=entry;charset=utf-8' },
    body: toXml({ entry: { '@_xmlns': ATOM, ...writeEntry(entry, namespaceName) } }),
  };
}

/**
 * A page of a list. Without entries and with the title `Publicly Listed Services` it is how the service answers a GET for a queue
 * or topic that is not there (with status 200: the path could be that of a folder of entities).
 */
export function feedReply(o: {
  readonly id: string;
  readonly title: string;
  readonly updatedAt: number;
  readonly entries: readonly Entry[];
  readonly nextLink?: string;
  readonly namespaceName: string;
}): HttpReply {
  const links = [
    { '@_rel': 'self', '@_href': o.id },
    ...(o.nextLink ? [{ '@_rel': 'next', '@_href': o.nextLink }] : []),
  ];
  return {
    status: 200,
    headers: { 'content-type': 'application/atom+xml;type=feed;charset=utf-8' },
    body: toXml({
      feed: {
        '@_xmlns': ATOM,
        title: { '@_type': 'text', '#text': o.title },
        id: o.id,
        updated: formatInstant(o.updatedAt),
        link: links,
        entry: o.entries.map((entry) => writeEntry(entry, o.namespaceName)),
      },
    }),
  };
}

/** `<Error><Code>404</Code><Detail>…</Detail></Error>` */
export function errorReply(status: number, detail: string): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body: toXml({ Error: { Code: String(status), Detail: detail } }),
  };
}

function writeEntry(entry: Entry, namespaceName: string): XmlContent {
  return {
    id: entry.id,
    title: { '@_type': 'text', '#text': entry.title },
    published: formatInstant(entry.publishedAt),
    updated: formatInstant(entry.updatedAt),
    author: { name: namespaceName },
    link: { '@_rel': 'self', '@_href': entry.id },
    content: {
      '@_type': 'application/xml',
      [entry.descriptionName]: {
        '@_xmlns': SERVICE_BUS,
        '@_xmlns:i': XML_SCHEMA_INSTANCE,
        ...entry.description,
      },
    },
  };
}
