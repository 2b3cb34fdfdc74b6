// The documents' refresh sample in TypeScript, type-checked, compiled, and run against the server.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';

import { folder, serve } from './helpers/server.js';

const source = fileURLToPath(new URL('./refresh_client.ts', import.meta.url));

async function compiled(t) {
  const options = { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'] };
  const program = ts.createProgram([source], { ...options, noEmit: true, types: [] });
  const faults = ts.getPreEmitDiagnostics(program).map((fault) => ts.flattenDiagnosticMessageText(fault.messageText, '\n'));
  assert.deepEqual(faults, []);
  const { outputText } = ts.transpileModule(ts.sys.readFile(source), { compilerOptions: options });
  const file = join(await folder(t), 'refresh_client.mjs');
  await writeFile(file, outputText);
  return import(pathToFileURL(file));
}

/** A signed-in browser whose access token has gone stale, and a count of the refreshes that its tabs send. */
async function world(t, settings = {}) {
  const { Session, SignedOut } = await compiled(t);
  const client = await serve(t, await folder(t), settings);
  await client.register('alice', 'three blind mice');
  const { status, body } = await client.post('/v1/users/token', { username: 'alice', password: 'three blind mice' });
  assert.equal(status, 200, JSON.stringify(body));
  let held = { ...body, access_token: 'stale' };
  const store = { load: () => held, save: (tokens) => (held = tokens) };
  const sent = [];
  const send = async (url, init) => {
    const response = await fetch(url, init);
    if (String(url).endsWith('/v1/users/token')) sent.push(JSON.parse(init.body).refresh_token);
    return response;
  };
  return { Session, SignedOut, client, store, sent, send, me: `${client.address}/v1/users/me`, first: body };
}

test('twenty requests with a stale token send one refresh, and all succeed', async (t) => {
  const { Session, client, store, sent, send, me } = await world(t);
  const session = new Session(client.address, store, send);
  const answers = await Promise.all(Array.from({ length: 20 }, () => session.fetch(me)));
  assert.deepEqual(answers.map((answer) => answer.status), Array(20).fill(200));
  assert.equal(sent.length, 1);
  assert.equal((await session.fetch(me)).status, 200);
  assert.equal(sent.length, 1);
});

test('two tabs that refresh at once get the same successor and stay signed in', async (t) => {
  const { Session, client, store, sent, send, me } = await world(t);
  const tabs = [new Session(client.address, store, send), new Session(client.address, store, send)];
  const stale = store.load();
  const [one, other] = await Promise.all(tabs.map((tab) => tab.refresh(stale)));
  assert.equal(one.refresh_token, other.refresh_token);
  assert.ok(sent.length >= 1 && sent.length <= 2);
  for (const tab of tabs) assert.equal((await tab.fetch(me)).status, 200);
});

test('an answer that is lost on its way is asked for again', async (t) => {
  const { Session, client, store, sent, send, me } = await world(t);
  let lost = 2;
  const lossy = async (url, init) => {
    const response = await send(url, init);
    if (String(url).endsWith('/v1/users/token') && lost-- > 0) throw new TypeError('fetch failed');
    return response;
  };
  const session = new Session(client.address, store, lossy);
  assert.equal((await session.fetch(me)).status, 200);
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent).size, 1, 'the same token each time');
});

test('a session that was ended is over for the client as well', async (t) => {
  const { Session, SignedOut, client, store, send, me, first } = await world(t);
  const out = await fetch(`${client.address}/oauth/revoke`, {
    method: 'POST',
    body: new URLSearchParams({ token: first.refresh_token }),
  });
  assert.equal(out.status, 200);
  const session = new Session(client.address, store, send);
  await assert.rejects(session.fetch(me), SignedOut);
  assert.equal(store.load(), null);
  await assert.rejects(session.fetch(me), SignedOut);
});
