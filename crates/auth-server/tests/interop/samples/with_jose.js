// Access tokens checked with jose.

import { createRemoteJWKSet, jwtVerify } from 'jose';

const checks = { typ: 'JWT', clockTolerance: 30, requiredClaims: ['exp', 'iat', 'sub', 'sid'] };

/** Checks tokens by the keys that the server publishes at `keys`; a token that is not good is thrown out. */
export function verifier({ issuer, audience, algorithm, keys }) {
  // Kept for five minutes, as the server allows; asked for again when a token names an unknown key.
  const keySet = createRemoteJWKSet(new URL(keys), { cacheMaxAge: 300_000 });
  const options = { ...checks, issuer, audience, algorithms: [algorithm] };
  return async (token) => (await jwtVerify(token, keySet, options)).payload;
}

/** The same by a shared secret (HS256). */
export function secretVerifier({ issuer, audience, secret }) {
  const key = new TextEncoder().encode(secret);
  const options = { ...checks, issuer, audience, algorithms: ['HS256'] };
  return async (token) => (await jwtVerify(token, key, options)).payload;
}
