// The verifiers under test: the samples of the documents, each behind the same two calls.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import * as withJose from '../samples/with_jose.js';
import * as withJsonwebtoken from '../samples/with_jsonwebtoken.js';

const resourceServer = process.env.RESOURCE_SERVER;
assert(resourceServer, 'RESOURCE_SERVER names the example of the verifier in Rust; run.sh sets it');

/**
 * `open(t, world, changes)` gives a function from a token to its claims, which throws where the token is not good. What it
 * throws at which deviation is `causes`; `unsupported` is what it throws at an algorithm that it does not know.
 */
export const VERIFIERS = [
  {
    name: 'jose',
    open: library(withJose),
    causes: {
      forged: { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' },
      audience: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'aud' },
      issuer: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'iss' },
      type: { code: 'ERR_JWT_CLAIM_VALIDATION_FAILED', claim: 'typ' },
      expired: { code: 'ERR_JWT_EXPIRED' },
      unknownKey: { code: 'ERR_JWKS_NO_MATCHING_KEY' },
    },
  },
  {
    name: 'jsonwebtoken',
    open: library(withJsonwebtoken),
    causes: {
      forged: { message: 'invalid signature' },
      audience: { message: /^jwt audience invalid/ },
      issuer: { message: /^jwt issuer invalid/ },
      type: { message: 'jwt of another type' },
      expired: { message: 'jwt expired' },
      unknownKey: { name: 'SigningKeyNotFoundError' },
    },
    unsupported: { message: 'Unknown key type "ed25519".' },
  },
  {
    name: 'auth-core',
    open: rust,
    causes: {
      forged: { message: '401 the signature is wrong' },
      audience: { message: '401 the claim `aud` is missing or wrong' },
      issuer: { message: '401 the claim `iss` is missing or wrong' },
      type: { message: '401 the token is of another type' },
      expired: { message: '401 the token has expired' },
      unknownKey: { message: '401 signed by an unknown key' },
    },
  },
];

/** A library in this process: its clock is ours, set `ahead` while it works. */
function library({ verifier, secretVerifier }) {
  return async (t, world, { ahead = 0, ...changes } = {}) => {
    const options = { ...world, ...changes };
    const check = options.secret === undefined ? verifier(options) : secretVerifier(options);
    return async (token) => {
      if (ahead === 0) return check(token);
      t.mock.timers.enable({ apis: ['Date'], now: Date.now() + ahead * 1000 });
      try {
        return await check(token);
      } finally {
        t.mock.timers.reset();
      }
    };
  };
}

/** The example in Rust: a service of its own, which shows the claims of a token that it takes. */
async function rust(t, world, { ahead = 0, ...changes } = {}) {
  const { issuer, audience, keys, secret } = { ...world, ...changes };
  const env = secret === undefined ? {} : { JWT_SECRET: secret };
  const child = spawn(resourceServer, [issuer, audience, keys, String(ahead)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  let said = '';
  const address = await new Promise((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const found = /^address (http:\S+)\n/.exec((said += text));
      if (found) resolve(found[1]);
    });
    closed.then(() => reject(new Error(`the resource server ended: ${said}`)), reject);
  });
  return async (token) => {
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${token}` } });
    const body = await answer.json();
    if (answer.status !== 200) throw new Error(`${answer.status} ${body.reason}`);
    return body;
  };
}
