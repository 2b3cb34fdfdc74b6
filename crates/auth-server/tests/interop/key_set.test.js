// Public keys: jose and jsonwebtoken check our tokens through the key set that the server publishes.

import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import { folder, serve } from './helpers/server.js';

const PASSWORD = 'three blind mice';
const ELSEWHERE = 'https://elsewhere.example';

async function world(t, settings) {
  const client = await serve(t, await folder(t), settings);
  const { issuer, jwks_uri: keys } = await client.metadata();
  const { status, body } = await client.register('alice', PASSWORD);
  assert.equal(status, 201, JSON.stringify(body));
  return { client, issuer, keys, id: body.id, token: await client.token('alice', PASSWORD) };
}

/** The same token with other claims, under the old signature. */
function tampered(token, change) {
  const [header, payload, signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url')), ...change };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

for (const { algorithm, settings } of [
  { algorithm: 'ES256', settings: {} },
  { algorithm: 'EdDSA', settings: { AUTH_TOKEN_ALGORITHM: 'EdDSA' } },
]) {
  test(`jose takes our ${algorithm} tokens through the published keys, and no others`, async (t) => {
    const { client, issuer, keys, id, token } = await world(t, settings);
    const keySet = jose.createRemoteJWKSet(new URL(keys));
    const checks = { issuer, audience: issuer, algorithms: [algorithm] };

    const { payload, protectedHeader } = await jose.jwtVerify(token, keySet, checks);
    assert.equal(protectedHeader.alg, algorithm);
    assert.equal(payload.sub, id);
    assert.equal(payload.userId, id);
    assert.equal(payload.username, 'alice');
    assert.equal(payload.exp - payload.iat, 7200);
    const me = await client.get('/v1/users/me', token);
    assert.equal(me.status, 200, JSON.stringify(me.body));

    const fails = (other, options, code) =>
      assert.rejects(jose.jwtVerify(other, keySet, { ...checks, ...options }), { code });
    await fails(token, { audience: ELSEWHERE }, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    await fails(token, { issuer: ELSEWHERE }, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    await fails(token, { currentDate: new Date(payload.exp * 1000) }, 'ERR_JWT_EXPIRED');
    const forged = tampered(token, { username: 'mallory' });
    await fails(forged, {}, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED');
    assert.equal((await client.get('/v1/users/me', forged)).status, 401);
    const stranger = await world(t, settings);
    await fails(stranger.token, { issuer: stranger.issuer, audience: stranger.issuer }, 'ERR_JWKS_NO_MATCHING_KEY');
  });
}

test('jsonwebtoken takes our ES256 tokens with the published key, and no others', async (t) => {
  const { client, issuer, token } = await world(t, {});
  const { status, body } = await client.get('/.well-known/jwks.json');
  assert.equal(status, 200, JSON.stringify(body));
  const { kid } = jsonwebtoken.decode(token, { complete: true }).header;
  const key = createPublicKey({ key: body.keys.find((one) => one.kid === kid), format: 'jwk' });
  const checks = { algorithms: ['ES256'], issuer, audience: issuer };

  assert.equal(jsonwebtoken.verify(token, key, checks).username, 'alice');

  const fails = (other, options, message) => {
    assert.throws(() => jsonwebtoken.verify(other, key, { ...checks, ...options }), { message });
  };
  fails(token, { audience: ELSEWHERE }, /^jwt audience invalid/);
  fails(token, { issuer: ELSEWHERE }, /^jwt issuer invalid/);
  fails(tampered(token, { username: 'mallory' }), {}, 'invalid signature');
  const stranger = await world(t, {});
  fails(stranger.token, { issuer: stranger.issuer, audience: stranger.issuer }, 'invalid signature');

  // The oldest trick: the public key as the secret of an HMAC. jsonwebtoken makes no such token, so jose does.
  const pem = new TextEncoder().encode(key.export({ type: 'spki', format: 'pem' }));
  const confused = await new jose.SignJWT(jsonwebtoken.decode(token))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid })
    .sign(pem);
  assert.equal((await client.get('/v1/users/me', token)).status, 200);
  assert.equal((await client.get('/v1/users/me', confused)).status, 401);
});

test('a shared secret is in no key set', async (t) => {
  const { client, keys, token } = await world(t, { JWT_SECRET: 'Kq8vX2nTz5rLw9yBc4mJh7pGd3sFa6eU' });
  assert.deepEqual((await client.get('/.well-known/jwks.json')).body, { keys: [] });
  await assert.rejects(jose.jwtVerify(token, jose.createRemoteJWKSet(new URL(keys))), {
    code: 'ERR_JOSE_NOT_SUPPORTED',
  });
});
