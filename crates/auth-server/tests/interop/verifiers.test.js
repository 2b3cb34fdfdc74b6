// Every verifier and every algorithm: our tokens pass, and whatever deviates in one thing does not.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { folder, serve } from './helpers/server.js';
import { ALGORITHMS, isSupported } from './helpers/support.js';
import { header, withClaims, withHeader } from './helpers/tokens.js';
import { VERIFIERS } from './helpers/verifiers.js';

const PASSWORD = 'three blind mice';
const AUDIENCE = 'https://api.example';
const ELSEWHERE = 'https://elsewhere.example';
/** What the samples forgive, in seconds. */
const LEEWAY = 30;

async function signedIn(t, cwd, settings) {
  const client = await serve(t, cwd, settings);
  const { status, body } = await client.register('alice', PASSWORD);
  assert.equal(status, 201, JSON.stringify(body));
  return { client, id: body.id, token: await client.token('alice', PASSWORD) };
}

/** A server; what a verifier knows of it; a token of it, of its twin that gives another type, and of a stranger that says the same. */
async function servers(t, algorithm) {
  const secret = algorithm === 'HS256' ? randomBytes(48).toString('base64') : undefined;
  const signing = (own) => (secret === undefined ? { AUTH_TOKEN_ALGORITHM: algorithm } : { JWT_SECRET: own });
  const cwd = await folder(t);
  const { client, id, token } = await signedIn(t, cwd, { ...signing(secret), AUTH_TOKEN_AUDIENCE: AUDIENCE });
  const { issuer, jwks_uri: keys } = await client.metadata();
  const same = { AUTH_TOKEN_ISSUER: issuer, AUTH_TOKEN_AUDIENCE: AUDIENCE };
  const twin = await serve(t, cwd, { ...signing(secret), ...same, AUTH_TOKEN_TYP: 'at+jwt' });
  const stranger = await signedIn(t, await folder(t), { ...signing(randomBytes(48).toString('base64')), ...same });
  return {
    world: { issuer, audience: AUDIENCE, algorithm, keys, secret },
    client,
    id,
    token,
    ofAnotherType: await twin.token('alice', PASSWORD),
    strange: stranger.token,
  };
}

for (const algorithm of ALGORITHMS) {
  test(`${algorithm} tokens`, async (t) => {
    const { world, client, id, token, ofAnotherType, strange } = await servers(t, algorithm);
    assert.deepEqual(header(token), { alg: algorithm, typ: 'JWT', kid: header(token).kid });

    for (const { name, open, causes, unsupported } of VERIFIERS) {
      if (!isSupported(name, algorithm)) {
        await t.test(`are nothing that ${name} knows, as the table says`, async (t) => {
          const check = await open(t, world);
          await assert.rejects(check(token), unsupported);
        });
        continue;
      }

      await t.test(`are taken by ${name}, with all that they say`, async (t) => {
        const check = await open(t, world);
        const claims = await check(token);
        const { iss, aud, sub, userId, username } = claims;
        assert.deepEqual({ iss, aud, sub, userId, username }, { iss: world.issuer, aud: AUDIENCE, sub: id, userId: id, username: 'alice' });
        assert.equal(claims.exp - claims.iat, 7200);
        const sessions = await client.get('/v1/users/me/sessions', token);
        assert.equal(claims.sid, sessions.body.data.find(({ current }) => current).id);
        const late = await open(t, world, { ahead: claims.exp - Math.floor(Date.now() / 1000) + LEEWAY - 10 });
        assert.equal((await late(token)).sub, id, 'within the leeway');
      });

      await t.test(`are refused by ${name} where one thing deviates`, async (t) => {
        const check = await open(t, world);
        await check(token);
        await assert.rejects(check(withClaims(token, { username: 'mallory' })), causes.forged, 'other claims');
        await assert.rejects(check(ofAnotherType), causes.type, 'another type');
        const { kid } = header(token);
        await assert.rejects(check(withHeader(strange, { kid })), causes.forged, "another server's token under our key's id");
        // A library has one secret and no need of ids; auth-core looks for the id all the same.
        const ofNobody = world.secret === undefined || name === 'auth-core' ? causes.unknownKey : causes.forged;
        await assert.rejects(check(strange), ofNobody, "another server's token");

        const refuses = async (changes, cause) => {
          const other = await open(t, world, changes);
          await assert.rejects(other(token), cause, JSON.stringify(changes));
        };
        await refuses({ audience: ELSEWHERE }, causes.audience);
        await refuses({ issuer: ELSEWHERE }, causes.issuer);
        await refuses({ ahead: 7200 + LEEWAY + 1 }, causes.expired);
      });
    }
  });
}
