import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deedsOf } from '../../src/model/deeds/deeds-of.ts';
import { wordsOfDeed } from '../../src/model/deeds/deed-words.ts';
import { fillStandIns, nameStandIns } from '../../src/model/stand-ins.ts';
import { loadOrPreview } from '../../src/profiles/load-profile.ts';
import { readOverlay } from '../../src/profiles/overlay/read-overlay.ts';
import { tempDir } from '../support/temp-home.ts';

const place = tempDir();
mkdirSync(join(place, 'profiles'));
const file = join(place, 'profiles', 'db.yaml');

/** Every kind of place for a value: alone, in the middle of a text, as a port behind a colon, and twice. */
const TEMPLATE = `
variables: { host: , user: , port: , end: , key: , span: , name: }
description: For \${name} on \${host}, port \${port}
groups: ["\${name}"]
hops:
  - "\${user}@a-\${host}.example:\${port}"
  - { host: "\${host}", user: "\${user}", port: "\${port}", identity: "\${key}" }
forwards:
  - { name: one, local: "\${end}", to: "\${host}:\${port}" }
  - { name: "two-\${name}", remote: "127.0.0.1:\${port}", to: "\${end}" }
  - { name: three, dynamic: "\${host}:\${port}" }
idle: \${span}
keepalive: { interval: "\${span}" }
sshOptions: ["ConnectTimeout=\${port}", "UserKnownHostsFile=\${key}"]
`;

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const port = fc.integer({ min: 1, max: 65_535 });
const values = fc.record({
  host: word,
  user: word,
  name: word,
  port,
  end: fc.oneof(
    port,
    fc.tuple(word, port).map(([host, at]) => `${host}:${at}`),
  ),
  key: word.map((name) => `/keys/${name}`),
  span: fc.integer({ min: 1, max: 60 }).map((count) => `${count}m`),
});

const textsOf = (document: unknown): string[] => (deedsOf(document, () => 'SHA256:x') ?? []).map(wordsOfDeed);

async function load(overlay: object | null) {
  writeFileSync(file, TEMPLATE);
  writeFileSync(join(place, 'overrides.yaml'), overlay === null ? '' : JSON.stringify({ profiles: { db: { variables: overlay } } }));
  const own = await readOverlay(place);
  if (!own.ok) throw new Error(JSON.stringify(own.error));
  return await loadOrPreview(file, { overlay: own.value, home: place });
}

test('what stands for values that are missing is shown by name wherever it is, and gives with them the profile that they make', async () => {
  const open = await load(null);
  if (open.is !== 'open') throw new Error(JSON.stringify(open));
  const { preview, standIns, missing } = open.open;
  expect(missing.map(({ variable }) => variable).toSorted()).toEqual(['end', 'host', 'key', 'name', 'port', 'span', 'user']);
  const shown = JSON.stringify(nameStandIns(preview.document, standIns));
  for (const text of Object.keys(standIns)) expect(shown).not.toContain(text);
  expect(shown).toContain('"${user}@a-${host}.example:${port}"');
  await fc.assert(
    fc.asyncProperty(values, async (given) => {
      const whole = await load(given);
      // Some values clash with others of the profile, as any may.
      fc.pre(whole.is === 'whole');
      const texts = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
      expect(textsOf(fillStandIns(preview.document, standIns, texts))).toEqual(
        whole.is === 'whole' ? textsOf(whole.loaded.document) : null,
      );
    }),
    { numRuns: 60 },
  );
});
