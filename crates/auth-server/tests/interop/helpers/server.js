// The program under test: as a server, and as a command.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env.AUTH_SERVER;
assert(program, 'AUTH_SERVER names the program; run.sh sets it');

/** A folder of the test's own, gone with it. */
export async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'test-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Runs the program in `cwd` with these settings and no other environment, and waits for its end. */
export async function run(cwd, settings, ...args) {
  const child = start(cwd, settings, args);
  const [code, signal] = await once(child, 'close');
  assert.equal(signal, null, `ended by ${signal}: ${child.said.stderr}`);
  return { code, ...child.said };
}

/** Serves until the test ends; the first sign of life is the address that it prints. */
export async function serve(t, cwd, settings = {}) {
  const child = start(cwd, { AUTH_SERVER_PORT: '0', AUTH_LIMITS_EXEMPT: '127.0.0.0/8', ...settings }, []);
  const closed = once(child, 'close');
  t.after(async () => {
    child.kill('SIGTERM');
    const [code] = await closed;
    assert.equal(code, 0, `the server ends well on SIGTERM\n${child.said.stderr}`);
  });
  const address = await new Promise((resolve, reject) => {
    child.stdout.on('data', () => {
      const found = /^ *address +(http:\S+)\n/m.exec(child.said.stdout);
      if (found) resolve(found[1]);
    });
    closed.then(([code]) => reject(new Error(`the server ended with ${code}\n${child.said.stderr}`)), reject);
  });
  return new Client(address);
}

function start(cwd, settings, args) {
  const child = spawn(program, args, { cwd, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  child.said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => (child.said[stream] += text));
  }
  return child;
}

/** What a client of the tutorial does: JSON there, JSON back. */
class Client {
  constructor(address) {
    this.address = address;
  }

  post(path, body) {
    return this.#send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  }

  get(path, token) {
    return this.#send(path, { headers: token === undefined ? {} : { Authorization: `Bearer ${token}` } });
  }

  register(username, password, confirmation = password) {
    return this.post('/users/register', { username, password, password_confirmation: confirmation });
  }

  signIn(username, password) {
    return this.post('/users/token', { username, password });
  }

  /** The token of a sign-in that has to succeed. */
  async token(username, password) {
    const { status, body } = await this.signIn(username, password);
    assert.equal(status, 200, JSON.stringify(body));
    return body.jwt;
  }

  /** Issuer, and where the keys are, as any OAuth client learns them. */
  async metadata() {
    const { status, body } = await this.get('/.well-known/oauth-authorization-server');
    assert.equal(status, 200, JSON.stringify(body));
    return body;
  }

  async #send(path, options) {
    const answer = await fetch(this.address + path, options);
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }
}
