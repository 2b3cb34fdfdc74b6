// Tokens of ours, taken apart and put together wrongly.

const text = (part) => Buffer.from(part, 'base64url').toString();
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export const header = (token) => JSON.parse(text(token.split('.')[0]));

/** The same token with other claims, under the old signature. */
export function withClaims(token, change) {
  const [head, payload, signature] = token.split('.');
  return [head, part({ ...JSON.parse(text(payload)), ...change }), signature].join('.');
}

/** The same token with another header, under the old signature. */
export function withHeader(token, change) {
  return [part({ ...header(token), ...change }), ...token.split('.').slice(1)].join('.');
}
