// The two databases: one for the server to work on, and SQL to look into it past the server.

import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import pg from 'pg';

import { folder } from './server.js';

const socket = process.env.INTEROP_POSTGRES;
const password = socket && readFileSync(join(socket, 'password'), 'utf8').trim();

/** For `skip` of tests that need PostgreSQL. `run.sh` lets none be skipped in CI. */
export const withoutPostgres = socket ? false : 'PostgreSQL is not installed';

export const SQLITE = { name: 'SQLite', skip: false, create: createSqlite };
export const POSTGRES = { name: 'PostgreSQL', skip: withoutPostgres, create: createPostgres };

/**
 * An empty database and a working folder, both gone with the test: `cwd`, `settings` for the server, `url` where others
 * find it, `query(sql, parameters)` with `?` for parameters.
 */
async function createSqlite(t) {
  const cwd = await folder(t);
  const file = join(cwd, 'auth.db');
  return {
    cwd,
    url: `sqlite:${file}`,
    settings: {},
    query: async (sql, parameters) => sqlite(file, [[sql, parameters]]),
  };
}

async function createPostgres(t) {
  const cwd = await folder(t);
  const database = await postgresDatabase(t);
  const root = `k1:${randomBytes(32).toString('base64')}`;
  return {
    cwd,
    url: database.url,
    settings: { DATABASE_URL: database.url, AUTH_SECRETS_KEYS: root },
    query: database.query,
  };
}

/** Runs statements on a SQLite file in one transaction and returns the last one's rows. */
export function sqlite(file, statements) {
  const script = fileURLToPath(new URL('sqlite.py', import.meta.url));
  const done = spawnSync('python3', [script, file], { input: JSON.stringify(statements), encoding: 'utf8' });
  if (done.error) throw done.error;
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

let databases = 0;

/** A database of its own on the server that `run.sh` started. Its URL holds a password, and the server asks for it. */
export async function postgresDatabase(t) {
  const name = `interop_${process.pid}_${(databases += 1)}`;
  await postgres('postgres', (client) => client.query(`CREATE DATABASE ${name}`));
  t.after(() => postgres('postgres', (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`)));
  const url = (secret) => `postgres://postgres:${secret}@${encodeURIComponent(socket)}:5432/${name}`;
  return {
    url: url(password),
    urlWithWrongPassword: url('wrong'),
    sequelize: { dialect: 'postgres', host: socket, port: 5432, database: name, username: 'postgres', password },
    query: (sql, parameters) => {
      let count = 0;
      return postgres(
        name,
        async (client) =>
          (
            await client.query(
              sql.replace(/\?/g, () => `$${(count += 1)}`),
              parameters,
            )
          ).rows,
      );
    },
  };
}

async function postgres(database, use) {
  const client = new pg.Client({ host: socket, port: 5432, user: 'postgres', password, database });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
