import type { AuthorizationRule, EntityStatus } from '../../../engine/api.ts';
import type { XmlContent, XmlElement } from '../xml.ts';

/** How the values of a description stand in its XML elements. `read` gives `undefined` for what the element cannot mean. */
export interface ValueFormat<T> {
  /** As it stands in an error: "expects …". */
  readonly expects: string;
  read(element: XmlElement): T | undefined;
  /** `undefined`: the element is left out. `host` is the namespace's, for values that are URIs. */
  write(value: T, host: string): string | XmlContent | undefined;
}

export const XML_SCHEMA_INSTANCE = 'http://www.w3.org/2001/XMLSchema-instance';

const SECOND_MS = 1000;
const DAY_MS = 86_400 * SECOND_MS;
/** .NET's `TimeSpan.MaxValue`: no limit. */
const LONGEST = 'P10675199DT2H48M5.4775807S';
const LONGEST_MS = 10_675_199 * DAY_MS;
const DURATION = /^P(?=\d|T\d)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** ISO 8601, as .NET's XmlConvert writes it: `PT1M`, `P14D`. In milliseconds; `Infinity` from .NET's longest TimeSpan on. */
export const duration: ValueFormat<number> = {
  expects: 'an ISO 8601 duration such as PT1M',
  read(element) {
    const parts = DURATION.exec(element.text.trim());
    if (!parts) return undefined;
    const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0));
    const durationMs = ((weeks! * 7 + days!) * 86_400 + hours! * 3600 + minutes! * 60 + seconds!) * SECOND_MS;
    return durationMs >= LONGEST_MS ? Number.POSITIVE_INFINITY : Math.round(durationMs);
  },
  write: formatDuration,
};

export function formatDuration(durationMs: number): string {
  if (!Number.isFinite(durationMs)) return LONGEST;
  const days = Math.floor(durationMs / DAY_MS);
  const hours = Math.floor((durationMs % DAY_MS) / 3_600_000);
  const minutes = Math.floor((durationMs % 3_600_000) / 60_000);
  const seconds = (durationMs % 60_000) / SECOND_MS;
  const time = `${hours ? `${hours}H` : ''}${minutes ? `${minutes}M` : ''}${seconds ? `${seconds}S` : ''}`;
  return days || time ? `P${days ? `${days}D` : ''}${time ? `T${time}` : ''}` : 'PT0S';
}

export const integer: ValueFormat<number> = {
  expects: 'a whole number',
  read: (element) => (/^\s*\d{1,15}\s*$/.test(element.text) ? Number(element.text) : undefined),
  write: String,
};

export const boolean: ValueFormat<boolean> = {
  expects: 'true or false',
  read(element) {
    const text = element.text.trim().toLowerCase();
    if (text === 'true' || text === '1') return true;
    return text === 'false' || text === '0' ? false : undefined;
  },
  write: String,
};

export const text: ValueFormat<string | undefined> = {
  expects: 'text',
  read: (element) => element.text,
  write: (value) => value,
};

const STATUSES: readonly EntityStatus[] = ['Active', 'Disabled', 'SendDisabled', 'ReceiveDisabled'];
export const status: ValueFormat<EntityStatus> = {
  expects: `one of ${STATUSES.join(', ')}`,
  read: (element) => STATUSES.find((name) => name === element.text.trim()),
  write: (value) => value,
};

/** The name of an entity of this namespace, which stands in XML as an absolute URI (`sb://<host>/<name>`). */
export const entityUri: ValueFormat<string | undefined> = {
  expects: 'the URI of an entity of this namespace',
  read(element) {
    const uri = element.text.trim();
    if (uri === '') return undefined;
    const path = uri.replace(/^[a-z]+:\/\/[^/]*\/?/i, '').replace(/^\/+|\/+$/g, '');
    try {
      return path === '' ? undefined : decodeURIComponent(path);
    } catch {
      return undefined;
    }
  },
  write: (value, host) => (value === undefined ? undefined : `sb://${host}/${value}`),
};

const RIGHTS = ['Manage', 'Send', 'Listen'] as const;

export const authorizationRules: ValueFormat<readonly AuthorizationRule[]> = {
  expects: 'SharedAccessAuthorizationRules, each with KeyName, PrimaryKey and Rights',
  read(element) {
    const rules = element.all('AuthorizationRule').map(readAuthorizationRule);
    return rules.every((rule) => rule !== undefined) ? rules : undefined;
  },
  write: (rules) => ({
    AuthorizationRule: rules.map((rule) => ({
      '@_i:type': 'SharedAccessAuthorizationRule',
      ClaimType: 'SharedAccessKey',
      ClaimValue: 'None',
      Rights: { AccessRights: rule.rights.map((right) => ({ '#text': right })) },
      KeyName: rule.name,
      PrimaryKey: rule.primaryKey,
      SecondaryKey: rule.secondaryKey ?? rule.primaryKey,
    })),
  }),
};

function readAuthorizationRule(element: XmlElement): AuthorizationRule | undefined {
  const rights = element.child('Rights')?.all('AccessRights') ?? [];
  const known = rights.map((right) => RIGHTS.find((name) => name === right.text.trim()));
  const name = element.child('KeyName')?.text;
  const primaryKey = element.child('PrimaryKey')?.text;
  const secondaryKey = element.child('SecondaryKey')?.text;
  if (!name || !primaryKey || known.length === 0) return undefined;
  const granted = known.filter((right) => right !== undefined);
  if (granted.length !== known.length) return undefined;
  return secondaryKey ? { name, rights: granted, primaryKey, secondaryKey } : { name, rights: granted, primaryKey };
}

/** `2026-01-01T00:00:00.000Z`, as the service writes instants. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString();
}
