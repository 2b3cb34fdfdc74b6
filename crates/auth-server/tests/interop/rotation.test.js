// Keys change under verifiers that are at work: what is signed by the old key and by the new one passes all the while.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { folder, run, serve } from './helpers/server.js';
import { header } from './helpers/tokens.js';
import { VERIFIERS } from './helpers/verifiers.js';

/** More rounds than any wait takes: a wait that fails says so instead of going on for ever. */
const ROUNDS = 10_000;

async function world(t, settings = {}) {
  const cwd = await folder(t);
  const client = await serve(t, cwd, { AUTH_SESSION_REVOCATION_POLL: '100ms', ...settings });
  const credentials = { username: 'alice', password: 'three blind mice' };
  const { status, body } = await client.register(credentials.username, credentials.password);
  assert.equal(status, 201, JSON.stringify(body));
  const { issuer, jwks_uri: keys } = await client.metadata();
  let pair = (await client.post('/v1/users/token', credentials)).body;
  return {
    client,
    verified: { issuer, audience: issuer, algorithm: 'ES256', keys },
    /** Another token of the same session. */
    fresh: async () => {
      const answer = await client.post('/v1/users/token', { grant_type: 'refresh_token', refresh_token: pair.refresh_token });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      pair = answer.body;
      return pair.access_token;
    },
    published: async () => (await client.get('/.well-known/jwks.json')).body.keys.map(({ kid }) => kid),
    command: async (...args) => {
      const { code, stderr } = await run(cwd, settings, 'keys', ...args);
      assert.equal(code, 0, stderr);
    },
  };
}

/** Asks again until `done` says so; each round is `work` that has to succeed. */
async function until(work, done) {
  for (let round = 1; round <= ROUNDS; round += 1) {
    const result = await work();
    if (done(result)) return { result, round };
  }
  assert.fail(`not after ${ROUNDS} rounds`);
}

test('a key that is published ahead of its time is known to all when it signs', async (t) => {
  const { verified, fresh, published, command } = await world(t, { AUTH_TOKEN_KEY_PUBLISH_AHEAD: '3s' });
  const first = header(await fresh()).kid;
  await command('rotate');
  await until(published, (kids) => kids.length === 2);
  // The clock stands still: nobody may ask for the keys a second time.
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const checks = await Promise.all(VERIFIERS.map(({ open }) => open(t, verified)));
  const both = async () => {
    const token = await fresh();
    for (const check of checks) await check(token);
    return header(token).kid;
  };
  const { round } = await until(both, (kid) => kid !== first);
  for (let more = 0; more < 10; more += 1) await both();
  t.diagnostic(`${(round + 10) * checks.length} tokens verified across the change, none refused`);
});

test('a key that signs at once is asked for, and the old one is still good', async (t) => {
  const { verified, fresh, command } = await world(t);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const [jose, jsonwebtoken, core] = await Promise.all(VERIFIERS.map(({ open }) => open(t, verified)));
  const all = [jose, jsonwebtoken, core];
  const before = await fresh();
  for (const check of all) await check(before);

  await command('rotate', '--now');
  const { result: after } = await until(
    async () => {
      const token = await fresh();
      for (const check of all) await check(before);
      return token;
    },
    (token) => header(token).kid !== header(before).kid,
  );
  await jsonwebtoken(after);
  // Half a minute after it asked, jose asks again; the example in Rust, a second after.
  await assert.rejects(jose(after), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
  t.mock.timers.tick(30_000);
  await jose(after);
  await until(() => core(after).catch((error) => assert.equal(error.message, '401 signed by an unknown key')), Boolean);
  for (const check of all) await check(before);
});

test('a key that was withdrawn is refused by whoever asks, and by others once their copy is old', async (t) => {
  const { verified, fresh, published, command } = await world(t);
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const before = await fresh();
  const held = await VERIFIERS[0].open(t, verified);
  await held(before);

  await command('retire', header(before).kid, '--yes');
  await until(published, (kids) => !kids.includes(header(before).kid));
  for (const { open, causes } of VERIFIERS) {
    const check = await open(t, verified);
    await assert.rejects(check(before), causes.unknownKey);
    await check(await fresh());
  }
  await held(before);
  t.mock.timers.tick(300_000);
  await assert.rejects(held(before), VERIFIERS[0].causes.unknownKey);
  await held(await fresh());
});
