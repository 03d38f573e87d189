import type { AmqpError, ManagementRequest, ManagementResponse, Right } from '../../../../amqp/api.ts';
import type { Refusal } from '../../../engine/api.ts';
import { CONDITIONS } from '../../conditions.ts';
import { errorFor, type ProtocolContext, traced, whenDurable } from '../context.ts';

/** One operation on `<entity>/$management`. */
export interface ManagementOperation {
  /** What the peer must be allowed (service-bus-sas). */
  readonly right: Right;
  run(call: ManagementCall): ManagementResponse | Promise<ManagementResponse>;
}

/** A request with its body at hand. */
export class ManagementCall {
  readonly context: ProtocolContext;
  readonly request: ManagementRequest;
  private readonly body: ReadonlyMap<string, unknown>;

  constructor(context: ProtocolContext, request: ManagementRequest) {
    this.context = context;
    this.request = request;
    this.body = request.body instanceof Map ? (request.body as Map<string, unknown>) : new Map();
  }

  get path(): string {
    return this.request.entity;
  }

  /** A field of the body; null counts as absent. */
  get<T>(name: string): T | undefined {
    return (this.body.get(name) ?? undefined) as T | undefined;
  }

  /** @throws BadRequest when it is missing */
  need<T>(name: string): T {
    const value = this.get<T>(name);
    if (value === undefined) throw new BadRequest(`The request's body lacks '${name}'.`);
    return value;
  }

  list<T>(name: string): readonly T[] {
    const value = this.need<unknown>(name);
    if (!Array.isArray(value)) throw new BadRequest(`'${name}' in the request's body is not a list.`);
    return value as T[];
  }

  refuse(refusal: Refusal): ManagementResponse {
    const { managementStatus } = CONDITIONS[refusal.outcome];
    return failed(managementStatus, errorFor(this.context, refusal, this.request.connection));
  }

  /** The response, once what was done is on disk. */
  whenDurable(response: ManagementResponse): Promise<ManagementResponse> {
    return new Promise((resolve) => {
      whenDurable(this.context, (error) => {
        resolve(error ? failed(500, traced(this.context, error, this.path)) : response);
      });
    });
  }
}

/** The request itself is wrong: 400. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
}

export function failed(statusCode: number, error: AmqpError): ManagementResponse {
  return { statusCode, statusDescription: error.description, errorCondition: error.condition };
}

export const OK: ManagementResponse = { statusCode: 200 };
/** Nothing to give: the clients look for this status, not for an empty list. */
export const NO_CONTENT: ManagementResponse = { statusCode: 204 };
