/** A refusal of a request, with the status and the code that the service answers. */
export class RequestRefused extends Error {
  readonly status: number;
  readonly code: string;
  readonly detailCode: string;

  constructor(status: number, code: string, message: string, detailCode = code) {
    super(message);
    this.status = status;
    this.code = code;
    this.detailCode = detailCode;
  }
}

export const badRequest = (message: string): RequestRefused =>
  new RequestRefused(400, 'BadRequest', message, 'InputJsonInvalid');

export const unauthorized = (message: string): RequestRefused => new RequestRefused(401, 'Unauthorized', message);

export const tooLarge = (mostBytes: number): RequestRefused =>
  new RequestRefused(413, 'RequestEntityTooLarge', `The maximum size (${mostBytes}) has been exceeded.`);

export const notImplemented = (what: string): RequestRefused =>
  new RequestRefused(501, 'NotImplemented', `${what} is not implemented by the local Event Grid.`);

/**
 * The service's error body, as it appears in bug reports (azure-sdk-for-python 16055, onefuzz 3285): a code, a message that
 * ends in a tracking sentence, and the same again as the one detail.
 */
export function errorBody(refused: RequestRefused, trackingId: string, at: Date): string {
  const time = at.toLocaleString('en-US', { timeZone: 'UTC' }).replace(',', '').replaceAll('\u202f', ' ');
  const message =
    refused.status === 501
      ? refused.message
      : `${refused.message} Report '${trackingId}:0:${time} (UTC)' to our forums for assistance or raise a support ticket.`;
  return JSON.stringify({
    error: { code: refused.code, message, details: [{ code: refused.detailCode, message }] },
  });
}
