// The tutorial's client, unchanged, against both databases.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import jsonwebtoken from 'jsonwebtoken';

import { POSTGRES, SQLITE } from './helpers/databases.js';
import { serve } from './helpers/server.js';

const PASSWORD = 'three blind mice';

/** Statuses are the tutorial's; its front end prints `message`. */
function refused({ status, headers, body }, expected) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.match(headers.get('content-type'), /^application\/problem\+json\b/);
  assert.equal(typeof body.message, 'string');
  assert.notEqual(body.message, '');
  assert.equal(body.jwt, undefined);
}

for (const { name, skip, create } of [SQLITE, POSTGRES]) {
  test(`the tutorial's client works unchanged on ${name}`, { skip }, async (t) => {
    const { cwd, settings } = await create(t);
    const client = await serve(t, cwd, settings);
    let id;

    await t.test('registering answers 201 with name and id, and nothing else', async () => {
      const { status, body } = await client.register('Alice', PASSWORD);
      assert.equal(status, 201, JSON.stringify(body));
      ({ id } = body);
      assert.equal(typeof id, 'string');
      assert.deepEqual(body, { username: 'Alice', id });
    });

    await t.test('a confirmation that differs and a name of two characters are 400', async () => {
      refused(await client.register('bob', PASSWORD, `${PASSWORD}.`), 400);
      refused(await client.register('bo', PASSWORD), 400);
      const { status } = await client.register('bob', PASSWORD);
      assert.equal(status, 201, 'a confirmation that does not differ and a name of three are fine');
    });

    await t.test('a name that is taken is 422, in any spelling', async () => {
      refused(await client.register('Alice', PASSWORD), 422);
      refused(await client.register('aLICE', 'another password'), 422);
    });

    await t.test('signing in answers 200 with a token of two hours that says who', async () => {
      const { status, body } = await client.signIn('Alice', PASSWORD);
      assert.equal(status, 200, JSON.stringify(body));
      const claims = jsonwebtoken.decode(body.jwt);
      assert.equal(claims.exp - claims.iat, 7200);
      assert.ok(Math.abs(claims.iat - Date.now() / 1000) < 60);
      assert.equal(claims.userId, id);
      assert.equal(claims.username, 'Alice');
      const me = await client.get('/v1/users/me', body.jwt);
      assert.equal(me.status, 200, JSON.stringify(me.body));
      assert.equal(me.body.username, 'Alice');
    });

    await t.test('a wrong password and an unknown name are 400 and not told apart', async () => {
      const answers = [await client.signIn('Alice', `${PASSWORD}.`), await client.signIn('nobody-here', PASSWORD)];
      const [wrong, unknown] = answers.map((answer) => {
        refused(answer, 400);
        const { request_id: request, ...rest } = answer.body;
        assert.equal(typeof request, 'string');
        return rest;
      });
      assert.deepEqual(wrong, unknown);
    });

    await t.test('missing fields are 400', async () => {
      for (const body of [{}, { username: 'Alice' }, { password: PASSWORD }]) {
        refused(await client.post('/users/register', body), 400);
        refused(await client.post('/users/token', body), 400);
      }
    });
  });
}
