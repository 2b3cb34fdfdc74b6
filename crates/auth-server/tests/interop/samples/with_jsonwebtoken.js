// Access tokens checked with jsonwebtoken, and with jwks-rsa for the keys.

import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';

/** Checks tokens by the keys that the server publishes at `keys`; a token that is not good is thrown out. */
export function verifier({ issuer, audience, algorithm, keys }) {
  // Each key is kept for five minutes, as the server allows. Unknown ones cost no more than ten requests a minute.
  const client = new JwksClient({ jwksUri: keys, cacheMaxAge: 300_000, rateLimit: true, jwksRequestsPerMinute: 10 });
  return async (token) => {
    const unverified = jsonwebtoken.decode(token, { complete: true });
    if (unverified === null) throw new jsonwebtoken.JsonWebTokenError('jwt malformed');
    const key = await client.getSigningKey(unverified.header.kid);
    return check(token, key.getPublicKey(), { algorithms: [algorithm], issuer, audience });
  };
}

/** The same by a shared secret (HS256). */
export function secretVerifier({ issuer, audience, secret }) {
  return async (token) => check(token, secret, { algorithms: ['HS256'], issuer, audience });
}

function check(token, key, options) {
  const { header, payload } = jsonwebtoken.verify(token, key, { ...options, clockTolerance: 30, complete: true });
  // What jsonwebtoken does not look at: the type, and whether there is an end.
  if (header.typ !== 'JWT') throw new jsonwebtoken.JsonWebTokenError('jwt of another type');
  for (const claim of ['exp', 'iat', 'sub', 'sid']) {
    if (payload[claim] === undefined) throw new jsonwebtoken.JsonWebTokenError(`jwt without ${claim}`);
  }
  return payload;
}
