// Which verifier takes which algorithm, as docs/verify/README.md tells people: the tests hold the table to be true.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../../../../docs/verify/README.md', import.meta.url), 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('|'))
  .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()));
const head = rows.findIndex(([first]) => first === 'verifier');

export const ALGORITHMS = rows[head].slice(1);
assert.deepEqual([...ALGORITHMS].sort(), ['ES256', 'EdDSA', 'HS256', 'PS256', 'RS256'], 'the table has every algorithm');

/** Whether the table says that `verifier` takes `algorithm`. */
export function isSupported(verifier, algorithm) {
  const row = rows.slice(head).find(([name]) => name === `\`${verifier}\``);
  assert(row, `${verifier} has a row`);
  const cell = row[1 + ALGORITHMS.indexOf(algorithm)];
  assert(cell === 'yes' || cell === 'no', `${verifier}, ${algorithm}: ${cell}`);
  return cell === 'yes';
}
