/** What the print shop sells, and for how much. */
const pricesInCents: Readonly<Record<string, number>> = {
  'business-cards': 1990,
  'flyer-a5': 990,
  'photo-book': 3490,
  'poster-a2': 2490,
};

/** The price of one piece in cents; undefined: not sold here. */
export function priceInCents(product: string): number | undefined {
  return Object.hasOwn(pricesInCents, product) ? pricesInCents[product] : undefined;
}
