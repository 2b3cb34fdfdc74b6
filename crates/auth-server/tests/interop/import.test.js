// A table that the tutorial's app filled through bcryptjs: it comes over, its users keep their passwords and numbers.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import bcrypt from 'bcryptjs';
import jsonwebtoken from 'jsonwebtoken';

import { POSTGRES, postgresDatabase, SQLITE, sqlite, withoutPostgres } from './helpers/databases.js';
import { folder, run, serve } from './helpers/server.js';
import { csvFile, postgresTable, sqliteTable } from './helpers/tutorial_app.js';

// 73 bytes each, of which bcryptjs saw 72. The second is cut within a character.
const LONG = `${'long '.repeat(14)}ab`;
const CUT = `a${'é'.repeat(35)}`;
const created = (day) => new Date(`2024-05-${day}T12:34:56.789Z`);

const USERS = [
  { id: 3, username: 'alice', password: 'three blind mice', cost: 10, createdAt: created('01') },
  { id: 4, username: 'Bob', password: 'short', cost: 8, createdAt: created('02') },
  { id: 1_000_001, username: 'Zoë', password: 'pässwörd 密码 🔑', cost: 8, createdAt: created('03') },
  { id: 2_147_483_646, username: 'o"brien, jr', password: LONG + 'A', cost: 8, createdAt: created('04') },
  { id: 2_147_483_647, username: 'cut', password: CUT + 'é', cost: 8, createdAt: created('05') },
];

/** Each fills a table and tells the command's arguments, and what of its environment it needs. */
const SOURCES = [
  {
    name: 'a CSV file of what SQLite holds',
    into: POSTGRES,
    fill: async (t, users) => {
      const cwd = await folder(t);
      sqliteTable(join(cwd, 'old.db'), users);
      await csvFile(join(cwd, 'users.csv'), sqlite(join(cwd, 'old.db'), [['SELECT * FROM users ORDER BY id', []]]));
      return { source: [join(cwd, 'users.csv')] };
    },
  },
  {
    name: 'a CSV file of what PostgreSQL holds',
    skip: withoutPostgres,
    into: SQLITE,
    fill: async (t, users) => {
      const cwd = await folder(t);
      const { query } = await postgresTable(t, users);
      // As text, which is how COPY writes it.
      const columns = ['id', 'username', 'password', '"createdAt"'].map((column) => `${column}::text`).join(', ');
      await csvFile(join(cwd, 'users.csv'), await query(`SELECT ${columns} FROM users ORDER BY users.id`, []));
      return { source: [join(cwd, 'users.csv')] };
    },
  },
  {
    name: 'a SQLite file',
    into: SQLITE,
    fill: async (t, users) => {
      const file = join(await folder(t), 'old.db');
      sqliteTable(file, users);
      return { source: [`sqlite:${file}`] };
    },
  },
  {
    name: 'a PostgreSQL server',
    into: POSTGRES,
    fill: async (t, users) => {
      const { url } = await postgresTable(t, users);
      return { source: ['--source-env', 'OLD_DATABASE'], environment: { OLD_DATABASE: url } };
    },
  },
];

/** The import command; its answer for programs where it gave one. */
async function importUsers({ cwd, settings }, { source, environment }, ...options) {
  const args = ['user', 'import', ...source, '--format', 'tutorial', '--output', 'json', ...options];
  const { code, stdout, stderr } = await run(cwd, { ...settings, ...environment }, ...args);
  return { code, tally: stdout === '' ? null : JSON.parse(stdout), stderr };
}

/** What the database holds of the imported users, in their order. */
async function storedHashes({ query }) {
  const rows = await query(
    'SELECT legacy_id, hash FROM passwords JOIN users ON users.id = user_id WHERE legacy_id > ? ORDER BY legacy_id',
    [0],
  );
  assert.deepEqual(
    rows.map((row) => Number(row.legacy_id)),
    USERS.map((user) => user.id),
  );
  return rows.map((row) => row.hash);
}

const tally = ({ created = 0, same = 0, skipped = 0, refused = 0 }) => ({
  created,
  updated: 0,
  same,
  skipped,
  refused,
  without_password: 0,
  dry_run: false,
});

async function refused(client, username, password) {
  const { status, body } = await client.signIn(username, password);
  assert.equal(status, 400, JSON.stringify(body));
  assert.equal(body.code, 'invalid_credentials');
}

for (const { name, skip, into, fill } of SOURCES) {
  test(`from ${name} into ${into.name}`, { skip: skip || into.skip }, async (t) => {
    const target = await into.create(t);
    const table = await fill(t, USERS);

    await t.test('all come over, and a second run finds them here', async () => {
      assert.deepEqual(await importUsers(target, table), { code: 0, tally: tally({ created: USERS.length }), stderr: '' });
      assert.deepEqual(await importUsers(target, table), { code: 0, tally: tally({ same: USERS.length }), stderr: '' });
    });

    const client = await serve(t, target.cwd, target.settings);
    const imported = await storedHashes(target);
    assert.deepEqual(
      imported.map(bcrypt.getRounds),
      USERS.map((user) => user.cost),
    );

    await t.test('a wrong password is refused and changes nothing', async () => {
      for (const { username, password } of USERS) await refused(client, username, `x${password}`);
      assert.deepEqual(await storedHashes(target), imported);
    });

    for (const { id, username, password, createdAt } of USERS) {
      await t.test(`${username} signs in with the old password and keeps number, name and age`, async () => {
        const token = await client.token(username, password);
        const claims = jsonwebtoken.decode(token);
        assert.strictEqual(claims.userId, id);
        assert.strictEqual(claims.username, username);
        const me = await client.get('/v1/users/me', token);
        assert.equal(me.status, 200, JSON.stringify(me.body));
        assert.equal(new Date(me.body.created_at).getTime(), createdAt.getTime());
      });
    }

    await t.test('from then on their hashes are Argon2id, of the same passwords', async () => {
      for (const hash of await storedHashes(target)) assert.match(hash, /^\$argon2id\$/);
      for (const { username, password } of USERS) {
        await client.token(username, password);
        await refused(client, username, `x${password}`);
      }
    });

    await t.test('a third run, after the sign-ins, changes nothing', async () => {
      const before = await storedHashes(target);
      const { code, tally: answer } = await importUsers(target, table);
      assert.deepEqual([code, answer], [0, tally({ skipped: USERS.length })]);
      assert.deepEqual(await storedHashes(target), before);
    });
  });
}

test('beyond the 72 bytes that bcrypt sees, the first sign-in decides', async (t) => {
  const target = await SQLITE.create(t);
  const users = [
    { id: 1, username: 'owner', password: LONG + 'A', cost: 8, createdAt: created('01') },
    { id: 2, username: 'other', password: LONG + 'A', cost: 8, createdAt: created('01') },
    { id: 3, username: 'within', password: CUT + 'é', cost: 8, createdAt: created('01') },
  ];
  for (const { password } of users) assert.equal(Buffer.byteLength(password), 73);
  const file = join(target.cwd, 'old.db');
  sqliteTable(file, users);
  assert.equal((await importUsers(target, { source: [`sqlite:${file}`] })).code, 0);
  const client = await serve(t, target.cwd, target.settings);

  await t.test('the whole password first: another end is refused from then on', async () => {
    await client.token('owner', LONG + 'A');
    await refused(client, 'owner', LONG + 'B');
    await refused(client, 'owner', LONG);
    await client.token('owner', LONG + 'A');
  });

  await t.test('another end first: it is accepted once, and every other one refused from then on', async () => {
    await refused(client, 'other', LONG.slice(1) + 'AB');
    await client.token('other', LONG + 'B');
    await refused(client, 'other', LONG + 'A');
    await refused(client, 'other', LONG + 'C');
    await client.token('other', LONG + 'B');
  });

  await t.test('a cut within a character: another character with that beginning is accepted once', async () => {
    assert.ok(bcrypt.compareSync(CUT + 'è', bcrypt.hashSync(CUT + 'é', 4)), 'so it is in bcryptjs');
    await refused(client, 'within', `${CUT}n`);
    await client.token('within', CUT + 'è');
    await refused(client, 'within', CUT + 'é');
  });
});

test('a row that is no user is named and the others come over', async (t) => {
  const target = await SQLITE.create(t);
  const rows = [
    { id: 1, username: 'alice', password: bcrypt.hashSync('three blind mice', 8) },
    { id: 2, username: 'plain', password: 'three blind mice' },
    { id: 'x', username: 'carol', password: bcrypt.hashSync('three blind mice', 8) },
    { id: 4, username: 'ALICE', password: bcrypt.hashSync('three blind mice', 8) },
  ];
  await csvFile(join(target.cwd, 'users.csv'), rows);

  const { code, tally: answer, stderr } = await importUsers(target, { source: ['users.csv'] });
  assert.equal(code, 1);
  assert.deepEqual(answer, tally({ created: 1, refused: 3 }));
  for (const named of [/^auth-server: line 3: /m, /^auth-server: line 4: /m, /^auth-server: line 5: /m])
    assert.match(stderr, named);
  assert.doesNotMatch(stderr, /blind mice|\$2/);

  const client = await serve(t, target.cwd, target.settings);
  await client.token('alice', 'three blind mice');
  await refused(client, 'plain', 'three blind mice');
});

test(
  'a password in a URL is taken from the environment and never from the command line',
  { skip: withoutPostgres },
  async (t) => {
    const target = await SQLITE.create(t);
    const { url, urlWithWrongPassword } = await postgresDatabase(t);
    const password = new URL(url).password;

    const shown = await importUsers(target, { source: [url] });
    assert.deepEqual([shown.code, shown.tally], [2, null]);
    assert.match(shown.stderr, /--source-env/);
    assert.ok(!shown.stderr.includes(password));

    const wrong = await importUsers(target, {
      source: ['--source-env', 'OLD'],
      environment: { OLD: urlWithWrongPassword },
    });
    assert.deepEqual([wrong.code, wrong.tally], [1, null]);
    assert.match(wrong.stderr, /password authentication failed/);

    const empty = await importUsers(target, { source: ['--source-env', 'OLD'], environment: { OLD: url } });
    assert.deepEqual([empty.code, empty.tally], [1, null]);
    assert.match(empty.stderr, /no table `users`/, 'the password was right');
  },
);
