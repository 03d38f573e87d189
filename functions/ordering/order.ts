/** What an HTTP function of this flow answers; the Functions library takes it as it is. */
export interface OrderAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly jsonBody: Readonly<Record<string, unknown>>;
}

/** An error in the form of RFC 9457 (problem details). */
export function problem(status: number, detail: string): OrderAnswer {
  return { status, headers: { 'content-type': 'application/problem+json' }, jsonBody: { status, detail } };
}

/** Where an order's row stands: a partition an order, so that orders spread over the table's servers. */
export function orderKeys(orderId: string): { partitionKey: string; rowKey: string } {
  return { partitionKey: orderId, rowKey: 'order' };
}
