// The key set that the server publishes: complete keys, and nothing that is secret.

import assert from 'node:assert/strict';
import { createECDH, createPrivateKey, createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as jose from 'jose';
import jsonwebtoken from 'jsonwebtoken';

import { folder, run, serve } from './helpers/server.js';
import { header } from './helpers/tokens.js';
import { VERIFIERS } from './helpers/verifiers.js';

const PASSWORD = 'three blind mice';

async function world(t, settings, cwd = null) {
  const client = await serve(t, cwd ?? (await folder(t)), settings);
  const { status, body } = await client.register('alice', PASSWORD);
  assert.equal(status, 201, JSON.stringify(body));
  const { issuer, jwks_uri: keys } = await client.metadata();
  return { client, issuer, keys, token: await client.token('alice', PASSWORD) };
}

/** The set's only key. */
async function onlyKey(client) {
  const { status, body } = await client.get('/.well-known/jwks.json');
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(Object.keys(body), ['keys']);
  assert.equal(body.keys.length, 1);
  return body.keys[0];
}

const bytes = (member) => Buffer.from(member, 'base64url').length;

for (const [algorithm, members] of Object.entries({
  ES256: { kty: 'EC', crv: 'P-256', x: 32, y: 32 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', x: 32 },
  PS256: { kty: 'RSA', n: 384, e: 3 },
  RS256: { kty: 'RSA', n: 384, e: 3 },
})) {
  test(`the ${algorithm} key is complete, and its id is its thumbprint`, async (t) => {
    const { client, token } = await world(t, { AUTH_TOKEN_ALGORITHM: algorithm });
    const key = await onlyKey(client);
    // Nothing else, so nothing private.
    assert.deepEqual(Object.keys(key).sort(), [...Object.keys(members), 'alg', 'kid', 'use'].sort());
    assert.equal(key.alg, algorithm);
    assert.equal(key.use, 'sig');
    assert.equal(key.kid, await jose.calculateJwkThumbprint(key));
    assert.equal(key.kid, header(token).kid);
    for (const [member, expected] of Object.entries(members)) {
      assert.equal(typeof expected === 'number' ? bytes(key[member]) : key[member], expected, member);
    }
  });
}

/** A new key of this kind. Not by `generateKeyPairSync`: its JWK export hangs now and then when it is called often. */
function keyWithZero(coordinate) {
  const pair = createECDH('prime256v1');
  const first = coordinate === 'x' ? 1 : 33;
  while (pair.generateKeys()[first] !== 0);
  const point = pair.getPublicKey();
  const padded = Buffer.concat([Buffer.alloc(32), pair.getPrivateKey()]).subarray(-32);
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), padded].map((part) => part.toString('base64url'));
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', x, y, d }, format: 'jwk' });
  return key.export({ type: 'pkcs8', format: 'pem' });
}

// One key in 128 has a coordinate that begins with a zero. RFC 7518, section 6.2.1.2, wants it written out.
for (const coordinate of ['x', 'y']) {
  test(`an ES256 key whose ${coordinate} begins with a zero is published in full, and verifies`, async (t) => {
    const cwd = await folder(t);
    await writeFile(join(cwd, 'key.pem'), keyWithZero(coordinate), { mode: 0o600 });
    const migrated = await run(cwd, {}, 'migrate', 'run');
    assert.equal(migrated.code, 0, migrated.stderr);
    const imported = await run(cwd, {}, 'keys', 'import', 'key.pem', '--now');
    assert.equal(imported.code, 0, imported.stderr);

    const { client, issuer, keys, token } = await world(t, {}, cwd);
    const { x, y } = await onlyKey(client);
    assert.deepEqual([bytes(x), bytes(y)], [32, 32]);
    for (const { open } of VERIFIERS) {
      const check = await open(t, { issuer, audience: issuer, algorithm: 'ES256', keys });
      assert.equal((await check(token)).username, 'alice');
    }
  });
}

test('a public key is no shared secret', async (t) => {
  const { client, token } = await world(t, {});
  const key = createPublicKey({ key: await onlyKey(client), format: 'jwk' });
  // The oldest trick: the public key as the secret of an HMAC. jsonwebtoken makes no such token, so jose does.
  const pem = new TextEncoder().encode(key.export({ type: 'spki', format: 'pem' }));
  const { kid } = header(token);
  const confused = await new jose.SignJWT(jsonwebtoken.decode(token)).setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid }).sign(pem);
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
