/**
 * AMQP 1.0 as both brokers need it, with nothing of rhea in it: a server that takes connections, authenticates them
 * (SASL, then put-token on `$cbs`), and hands links to the service whose entity the address names. Messages travel as the
 * encoded bytes that came in; what is in them is the business of each service's protocol.
 */

import type { Duplex } from 'node:stream';

/** An AMQP error: `condition` is a symbol such as `amqp:not-found`. */
export interface AmqpError {
  readonly condition: string;
  readonly description: string;
  readonly info?: Readonly<Record<string, unknown>>;
}

export type Right = 'Listen' | 'Send' | 'Manage';

/** Who may do what: asked at put-token, at SASL PLAIN and before a link is handed to its service. */
export interface Authorizer {
  /** True: everybody may do everything, with or without a token (mode `none`). */
  readonly acceptsAnyone?: boolean;
  /** Checks a token for an audience (an absolute URI, or a path). Returns until when it holds, or why it is refused. */
  verifyToken(audience: string, tokenType: string, token: string): TokenVerdict;
  /** SASL PLAIN: key name and key. */
  verifyKey(keyName: string, key: string): TokenVerdict;
}

/**
 * `scope` is the path the grant covers with everything below it, without scheme and host (`orders`,
 * `order-events/Subscriptions/audit`; empty: the whole namespace). `expiresAt` is an instant, or `Infinity`.
 */
export type TokenVerdict =
  | { readonly accepted: true; readonly rights: readonly Right[]; readonly scope: string; readonly expiresAt: number }
  | { readonly accepted: false; readonly error: AmqpError };

export interface AmqpConnection {
  readonly id: string;
  readonly containerId: string;
  /** The host that the peer said it talks to, as in its `open`; the SDKs leave the port out. */
  readonly hostname: string;
  readonly properties: ReadonlyMap<string, unknown>;
  /** True when a token of this connection that is not expired covers `address` with `right`. */
  isAuthorized(address: string, right: Right): boolean;
  /**
   * Takes a token that came inside a request instead of to `$cbs`, as Event Hubs' management requests bring one
   * (`security_token`). False when it is refused; what the connection may do stays as it was then.
   */
  takeToken(audience: string, token: string): boolean;
  onClose(listener: () => void): void;
  close(error?: AmqpError): void;
}

/** The same object for every link of one AMQP session. */
export interface AmqpSession {
  /** True once a link to the transaction coordinator has been opened on it. */
  readonly hasCoordinator: boolean;
}

/** What both kinds of link share. `address` has no leading slash, is percent-decoded, and keeps the client's letter case. */
interface AmqpLink {
  readonly name: string;
  readonly address: string;
  readonly connection: AmqpConnection;
  readonly session: AmqpSession;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly desiredCapabilities: readonly string[];
  readonly isOpen: boolean;
  /** Answers the attach with null source or target, then detaches with the error (closed = true). */
  refuse(error: AmqpError): void;
  /** Detaches; closed = true. */
  close(error?: AmqpError): void;
  /** The link is gone, whoever ended it and however. Called once. */
  onClose(listener: () => void): void;
}

/** A link on which the peer sends to us. */
export interface IncomingLink extends AmqpLink {
  readonly role: 'incoming';
  /**
   * `credit` is how many deliveries may be unsettled at a time; the link keeps the peer supplied as they are settled, so every
   * delivery must be settled. `maxMessageSize` is in bytes; a larger message is rejected.
   */
  accept(options: {
    readonly maxMessageSize: number;
    readonly credit: number;
    readonly offeredCapabilities?: readonly string[];
    readonly properties?: Readonly<Record<string, unknown>>;
  }): void;
  /** What the listener throws, or rejects with, becomes the delivery's refusal: a message that cannot be decoded, or a fault of ours. */
  onTransfer(listener: (delivery: IncomingDelivery) => void | Promise<void>): void;
  /** Widens (or, negative, narrows) what {@link accept} gave. */
  addCredit(credit: number): void;
}

/** Exactly one of `accept`, `reject` and `release` is to be called, once; on a closed link they do nothing. */
export interface IncomingDelivery {
  /** 0, or 0x80013700 for a batch. */
  readonly messageFormat: number;
  /** The message as it came: every section, encoded. */
  readonly payload: Buffer;
  /** Set when the sender asks for the transfer to be part of a transaction. */
  readonly transactionId: Buffer | undefined;
  accept(): void;
  reject(error: AmqpError): void;
  release(): void;
  /** For the transaction coordinator: answers a `declare` with the new transaction. */
  declared(transactionId: Buffer): void;
}

/** A link on which the peer receives from us. */
export interface OutgoingLink extends AmqpLink {
  readonly role: 'outgoing';
  /** True when transfers go out settled: the peer asked for it (receive-and-delete), or {@link accept} did. */
  readonly isPreSettled: boolean;
  /** The source's filter map; values that are described come without their descriptor. */
  readonly filters: ReadonlyMap<string, unknown>;
  /** How many messages may be sent now. */
  readonly credit: number;
  /**
   * `filters` answers the source's filters; left out, they are answered as they came. `prefersSettled`: transfers are settled unless
   * the peer asked for unsettled ones. May be called long after the attach.
   */
  accept(options?: {
    readonly prefersSettled?: boolean;
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly filters?: Readonly<Record<string, unknown>>;
    readonly offeredCapabilities?: readonly string[];
  }): void;
  /**
   * Credit changed. `drain`: use it up or give it back with {@link drained}. Called soon after {@link accept} if the peer has
   * granted credit before.
   */
  onCredit(listener: (credit: number, drain: boolean) => void): void;
  /** Gives back what credit is left. */
  drained(): void;
  /**
   * Sends an encoded message; throws without credit or on a closed link. The tag is unique among the link's unsettled ones.
   * Deliveries on a pre-settled link need no settling.
   */
  send(payload: Uint8Array, tag: Buffer): OutgoingDelivery;
  /**
   * The peer says what became of a delivery. Settled without a state counts as released. Unless it is settled by the peer, it
   * waits for {@link OutgoingDelivery.settle} or {@link OutgoingDelivery.fail}.
   */
  onDisposition(listener: (delivery: OutgoingDelivery, state: DeliveryState, settledByPeer: boolean) => void): void;
}

export interface OutgoingDelivery {
  readonly tag: Buffer;
  readonly link: OutgoingLink;
  /** Answers the peer's disposition with the outcome that it asked for, settled and without an error in it. */
  settle(): void;
  /** The same inside the transaction, not settled: that follows with {@link settle} when the transaction is committed. */
  enlist(): void;
  /** Answers with `rejected` and the error, settled. */
  fail(error: AmqpError): void;
}

/** The values of `annotations` and of the error's `info` keep their AMQP type: numbers and symbols are `Typed` of `amqp/codec`. */
export type DeliveryState =
  | { readonly outcome: 'accepted'; readonly transactionId?: Buffer }
  | { readonly outcome: 'released'; readonly transactionId?: Buffer }
  | {
      readonly outcome: 'modified';
      readonly deliveryFailed: boolean;
      readonly undeliverableHere: boolean;
      readonly annotations: ReadonlyMap<string, unknown>;
      readonly transactionId?: Buffer;
    }
  | { readonly outcome: 'rejected'; readonly error: AmqpError | undefined; readonly transactionId?: Buffer };

/** One request on a `$management` node. Names and body are decoded (maps as `Map`); integers are `bigint` only beyond 2^53. */
export interface ManagementRequest {
  /** `<entity>` for Service Bus (`<entity>/$management`), empty for Event Hubs' bare `$management`. */
  readonly entity: string;
  readonly operation: string;
  readonly applicationProperties: ReadonlyMap<string, unknown>;
  readonly body: unknown;
  /** A map inside the body, by the keys that lead to it; its values keep their AMQP types as those of {@link DeliveryState} do. */
  typedMap(...path: readonly string[]): ReadonlyMap<string, unknown> | undefined;
  readonly associatedLinkName: string | undefined;
  /** Set when the request is to be part of a transaction. */
  readonly transactionId: Buffer | undefined;
  readonly connection: AmqpConnection;
}

export interface ManagementResponse {
  readonly statusCode: number;
  readonly statusDescription?: string;
  readonly errorCondition?: string;
  /** A value built with the typed constructors of `amqp/codec`, or a plain object, which becomes a map. */
  readonly body?: unknown;
}

/** What a broker plugs into the server. Where two share a port, the first that owns the address gets the link. */
export interface AmqpService {
  readonly name: 'service-bus' | 'event-hubs';
  /** Decides by entity; the last service in the list also gets addresses that nobody owns, to refuse them. */
  owns(address: string): boolean;
  /** True when an entity of that name is there, or comes to be when a link asks for it. Asked when a token is put. */
  hasEntity(path: string): boolean;
  openIncoming(link: IncomingLink): void;
  openOutgoing(link: OutgoingLink): void;
  manage(request: ManagementRequest): ManagementResponse | Promise<ManagementResponse>;
  /** Absent: the coordinator target is refused. */
  readonly transactions?: TransactionCoordinator;
}

export interface TransactionCoordinator {
  declare(connection: AmqpConnection): Buffer;
  /** `fail`: roll back. Returns why it could not be done. A coordinator link that closes rolls back what it has open. */
  discharge(
    connection: AmqpConnection,
    transactionId: Buffer,
    fail: boolean,
  ): AmqpError | undefined | Promise<AmqpError | undefined>;
}

/** A listening server. */
export interface AmqpServer {
  readonly port: number;
  /** Serves one connection on a stream that somebody else has accepted: AMQP over WebSockets. */
  acceptStream(stream: Duplex): void;
  /** Closes every connection with `amqp:connection:forced` and stops listening; at most a second. */
  close(): Promise<void>;
}
