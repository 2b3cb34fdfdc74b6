// One secret shared with jsonwebtoken: it takes our tokens, and we take those of the tutorial's app where told to.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';

import { folder, run, serve } from './helpers/server.js';
import { sqliteTable, tutorialToken } from './helpers/tutorial_app.js';

const PASSWORD = 'three blind mice';
const NUMBER = 7;
const secret = randomBytes(48).toString('base64');
const otherSecret = randomBytes(48).toString('base64');

/** A server with `alice`, who registered, and `norma`, who came from the tutorial's table with her number. */
async function world(t, settings) {
  const cwd = await folder(t);
  const createdAt = new Date('2024-05-01T12:00:00Z');
  sqliteTable(join(cwd, 'old.db'), [{ id: NUMBER, username: 'norma', password: PASSWORD, cost: 8, createdAt }]);
  const imported = await run(cwd, { JWT_SECRET: secret }, 'user', 'import', 'sqlite:old.db', '--format', 'tutorial');
  assert.equal(imported.code, 0, imported.stderr);
  const client = await serve(t, cwd, { JWT_SECRET: secret, ...settings });
  const { status, body } = await client.register('alice', PASSWORD);
  assert.equal(status, 201, JSON.stringify(body));
  const alice = { userId: body.id, username: 'alice' };
  const norma = { userId: NUMBER, username: 'norma' };
  return { client, alice, norma };
}

async function accepted(client, token, username) {
  const { status, body } = await client.get('/v1/users/me', token);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.username, username);
}

async function refused(client, token) {
  const { status, headers, body } = await client.get('/v1/users/me', token);
  assert.equal(status, 401, JSON.stringify(body));
  assert.match(headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/);
  assert.equal(body.username, undefined);
}

test('jsonwebtoken takes our tokens under the secret, and under no other', async (t) => {
  const { client, alice } = await world(t, {});
  const { issuer } = await client.metadata();
  const token = await client.token('alice', PASSWORD);
  const checks = { algorithms: ['HS256'], issuer, audience: issuer };

  const claims = jsonwebtoken.verify(token, secret, checks);
  assert.equal(claims.userId, alice.userId);
  assert.equal(claims.username, 'alice');
  assert.equal(jsonwebtoken.verify(token, secret).userId, alice.userId, 'as the tutorial calls it, without checks');
  await accepted(client, token, 'alice');

  const fails = (key, options, message) => assert.throws(() => jsonwebtoken.verify(token, key, options), { message });
  fails(otherSecret, checks, 'invalid signature');
  fails(secret, { ...checks, algorithms: ['HS512'] }, 'invalid algorithm');
  fails(secret, { ...checks, issuer: 'https://elsewhere.example' }, /^jwt issuer invalid/);
  fails(secret, { ...checks, audience: 'https://elsewhere.example' }, /^jwt audience invalid/);
  fails(secret, { ...checks, clockTimestamp: claims.exp }, 'jwt expired');
});

test("the tutorial's tokens let in where they are accepted", async (t) => {
  const { client, alice, norma } = await world(t, { AUTH_TOKEN_ACCEPT_TUTORIAL_TOKENS: 'true' });

  await t.test("a token for the old number, before and after its owner's first sign-in", async () => {
    const token = tutorialToken(norma, secret);
    await accepted(client, token, 'norma');
    await client.token('norma', PASSWORD);
    await accepted(client, token, 'norma');
  });

  await t.test('a token for an account that registered here, from the second after', async () => {
    // One of the same second or an earlier one may be older than the password.
    await refused(
      client,
      jsonwebtoken.sign({ ...alice, iat: Math.floor(Date.now() / 1000) - 60 }, secret, { expiresIn: '2h' }),
    );
    await new Promise((resolve) => setTimeout(resolve, 1000 - (Date.now() % 1000)));
    await accepted(client, tutorialToken(alice, secret), 'alice');
  });

  await t.test('our own tokens still let in', async () => {
    await accepted(client, await client.token('alice', PASSWORD), 'alice');
  });

  for (const [what, token] of Object.entries({
    'another secret': tutorialToken(norma, otherSecret),
    'an end that has passed': tutorialToken(norma, secret, { expiresIn: '-1m' }),
    'no end': jsonwebtoken.sign(norma, secret),
    '`alg: none`': tutorialToken(norma, '', { algorithm: 'none' }),
    HS512: tutorialToken(norma, secret, { algorithm: 'HS512' }),
    'a number that nobody has': tutorialToken({ ...norma, userId: NUMBER + 1 }, secret),
    'an id that nobody has': tutorialToken({ ...norma, userId: randomUUID() }, secret),
    'a number as text': tutorialToken({ ...norma, userId: String(NUMBER) }, secret),
    'a key id': tutorialToken(norma, secret, { keyid: 'k1' }),
    'an issuer': tutorialToken(norma, secret, { issuer: client.address }),
  })) {
    await t.test(`a token with ${what} lets nobody in`, () => refused(client, token));
  }
});

test("the tutorial's tokens let nobody in where they are not accepted", async (t) => {
  const { client, norma } = await world(t, {});
  await refused(client, tutorialToken(norma, secret));
  await accepted(client, await client.token('norma', PASSWORD), 'norma');
});
