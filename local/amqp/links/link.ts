import { normalizeAddress } from '../address.ts';
import type { AmqpError } from '../api.ts';
import type { Connection } from '../connection.ts';
import type { Session } from '../session.ts';
import { type AttachFields, type AttachReply, coordinator, source, target } from '../transport/performatives.ts';

/**
 * Our end of a link. It is `attaching` until the service accepts or refuses it, which may take long (a session receiver waits
 * for a session); `detaching` from our detach to the peer's.
 */
export type LinkState = 'attaching' | 'open' | 'detaching' | 'detached';

export abstract class Link {
  readonly name: string;
  /** Our handle; it is the peer's too, which is unique among the session's links. */
  readonly handle: number;
  readonly session: Session;
  readonly properties: ReadonlyMap<string, unknown>;
  readonly desiredCapabilities: readonly string[];
  readonly address: string;
  protected readonly attach: AttachFields;
  protected state: LinkState = 'attaching';
  private readonly closeListeners: (() => void)[] = [];

  constructor(session: Session, attach: AttachFields) {
    this.session = session;
    this.attach = attach;
    this.name = attach.name;
    this.handle = attach.handle;
    this.properties = attach.properties;
    this.desiredCapabilities = attach.desiredCapabilities;
    this.address = normalizeAddress((attach.peerReceives ? attach.source : attach.target)?.address ?? '');
  }

  get connection(): Connection {
    return this.session.connection;
  }

  get isOpen(): boolean {
    return this.state === 'open';
  }

  onClose(listener: () => void): void {
    if (this.state === 'detaching' || this.state === 'detached') listener();
    else this.closeListeners.push(listener);
  }

  /**
   * A refusal is an attach whose source and target are null, and a detach with the error (part 2, section 2.6.3): only so does
   * the peer's open fail, and not what it does afterwards.
   */
  refuse(error: AmqpError): void {
    if (this.state !== 'attaching') {
      this.close(error);
      return;
    }
    this.answerAttach(true, {});
    this.endWith('detaching', error);
  }

  close(error?: AmqpError): void {
    if (this.state === 'attaching') {
      this.answerAttach(true, {});
      this.endWith('detaching', error);
    } else if (this.state === 'open') this.endWith('detaching', error);
  }

  /** The peer has detached; whether it answers ours or began, the link is over. */
  peerDetached(): void {
    if (this.state === 'attaching') this.answerAttach(true, {});
    if (this.state === 'detaching') this.state = 'detached';
    else this.endWith('detached', undefined);
  }

  /** The session or connection is gone, and every link with it. */
  sessionGone(): void {
    if (this.state === 'detached') return;
    const wasLive = this.state !== 'detaching';
    this.state = 'detached';
    if (wasLive) this.notifyClosed();
  }

  protected answerAttach(
    isRefused: boolean,
    answer: Pick<AttachReply, 'properties' | 'offeredCapabilities'> & {
      readonly filters?: ReadonlyMap<string, unknown>;
      readonly maxMessageSize?: number;
    },
  ): void {
    const { attach } = this;
    this.session.sendAttach({
      name: attach.name,
      handle: this.handle,
      weReceive: !attach.peerReceives,
      // .NET takes the settle modes of the answer for its own, so they repeat what it asked for.
      sndSettleMode: attach.sndSettleMode,
      rcvSettleMode: attach.rcvSettleMode,
      source: isRefused
        ? undefined
        : source(attach.source?.address, answer.filters ?? attach.source?.filter ?? new Map()),
      target: isRefused ? undefined : attach.target?.isCoordinator ? coordinator() : target(attach.target?.address),
      maxMessageSize: answer.maxMessageSize,
      offeredCapabilities: answer.offeredCapabilities,
      properties: answer.properties,
    });
  }

  private endWith(state: 'detaching' | 'detached', error: AmqpError | undefined): void {
    this.state = state;
    this.session.sendDetach(this.handle, error);
    this.session.forget(this);
    this.notifyClosed();
  }

  private notifyClosed(): void {
    for (const listener of this.closeListeners.splice(0)) listener();
  }
}
