/** An HTTP endpoint: a way into the system, and the function that answers. Routes are under `/api`. */
export function endpoint<
  const E extends { readonly name: string; readonly method: 'GET' | 'POST'; readonly route: string },
>(declaration: E) {
  return { ...declaration, kind: 'httpEndpoint' } as const;
}

export type Endpoint = {
  readonly kind: 'httpEndpoint';
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly route: string;
};
