import { toJsonValue } from '../message-content.ts';
import { asciiJson } from './broker-properties.ts';

/**
 * Custom properties as headers: every header that HTTP or the service does not know. A string stands in quotation marks, a number or
 * truth value without; text without marks that is neither is a string too.
 * Source: learn.microsoft.com/rest/api/servicebus/message-headers-and-properties, "Message headers".
 */
const KNOWN_HEADERS =
  /^(accept(-.*)?|authorization|brokerproperties|cache-control|connection|content-.*|cookie|date|expect|forwarded|host|if-.*|keep-alive|origin|pragma|priority-hints|proxy-.*|referer|sec-.*|server|te|trailer|transfer-encoding|upgrade|user-agent|via|x-forwarded-.*|x-ms-.*|servicebus.*authorization|traceparent|tracestate|request-id|return-client-request-id|client-request-id)$/i;

export function readCustomProperties(headers: readonly (readonly [string, string])[]): Map<string, unknown> {
  const properties = new Map<string, unknown>();
  for (const [name, value] of headers) if (!KNOWN_HEADERS.test(name)) properties.set(name, readValue(value));
  return properties;
}

function readValue(text: string): unknown {
  const trimmed = text.trim();
  if (!/^("[\s\S]*"|-?\d+(\.\d+)?([eE][+-]?\d+)?|true|false)$/.test(trimmed)) return trimmed;
  try {
    return JSON.parse(trimmed);
  } catch {
    return trimmed.replace(/^"|"$/g, '');
  }
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** The properties that a header can carry by their names; others are left out. */
export function writeCustomProperties(properties: ReadonlyMap<string, unknown>): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of properties)
    if (HEADER_NAME.test(name) && !KNOWN_HEADERS.test(name)) headers[name] = writeValue(value);
  return headers;
}

function writeValue(value: unknown): string {
  if (value instanceof Date) return `"${value.toUTCString()}"`;
  return typeof value === 'bigint' ? value.toString() : asciiJson(toJsonValue(value));
}
