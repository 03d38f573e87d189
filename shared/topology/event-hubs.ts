import type { MessageDefinition } from './message.ts';
import type { NoOthers } from './no-others.ts';

export type HubDeclaration = {
  readonly name: string;
  readonly message: MessageDefinition;
  readonly partitionCount: number;
  readonly messageRetentionInDays: number;
  /** Consumer groups by name; each is one reader of the whole stream, so each names one function. */
  readonly consumerGroups: Readonly<Record<string, { readonly consumer: string }>>;
  readonly captureDescription?: {
    readonly enabled: boolean;
    readonly intervalInSeconds: number;
    readonly sizeLimitInBytes?: number;
    readonly container: string;
  };
};

/** An event hub with its consumer groups. */
export function hub<const H extends HubDeclaration>(declaration: H & NoOthers<H, HubDeclaration>) {
  return { ...(declaration as H), kind: 'eventHub' } as const;
}

export type Hub = HubDeclaration & { readonly kind: 'eventHub' };
