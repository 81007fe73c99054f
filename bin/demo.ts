import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type EmbeddedServer, makeKeyPair, startEmbeddedServer } from '../src/ssh/embedded/server.ts';

/*
 * npm run demo: the main job on this machine alone. Two SSH servers of our own, a database behind the
 * second, `tunnels up demo`, traffic, a cut, and the tunnel back without a command.
 */

const CLI = fileURLToPath(new URL('./tunnels.js', import.meta.url));
const SHIPPED = fileURLToPath(new URL('../profiles/demo.yaml', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'tunnels-demo-'));

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const step = (text: string): void => say(`\n== ${text}`);

/** A database in little: one command a line, one answer a line. */
async function startDatabase(): Promise<Server> {
  const rows = new Map([
    ['amsterdam', '931298'],
    ['nairobi', '4397073'],
    ['quito', '2011388'],
  ]);
  const answer = (line: string): string => {
    const [command = '', key = '', value = ''] = line.trim().split(/\s+/);
    if (command === 'COUNT') return String(rows.size);
    if (command === 'GET') return rows.get(key) ?? '(none)';
    if (command === 'SET') return rows.set(key, value) && 'OK';
    return 'ERROR: COUNT, GET key or SET key value';
  };
  return await listen((socket) => {
    createInterface({ input: socket }).on('line', (line) => void socket.write(`${answer(line)}\n`));
  });
}

/** What runs on the developer's machine and wants to be called from outside. */
const startWebhook = (): Promise<Server> =>
  listen((socket) => void socket.once('data', (body) => socket.end(`received ${body.length} bytes\n`)));

async function listen(serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

async function ask(port: number, line: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write(`${line}\n`);
  try {
    for await (const answer of createInterface({ input: socket })) return answer;
    throw new Error(`no answer to ${line}`);
  } finally {
    socket.destroy();
  }
}

type Status = {
  tunnels: { state: string; reconnects: number; because: { text: string } | null; forwards: { listen: { port: number } }[] }[];
};

const environment = { ...process.env, TUNNELS_HOME: home };

async function tunnels(args: readonly string[], output: 'show' | 'return'): Promise<string> {
  if (output === 'show') say(`$ tunnels ${args.join(' ')}`);
  const child = spawn(process.execPath, [CLI, ...args], {
    env: environment,
    stdio: ['ignore', output === 'show' ? 'inherit' : 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`tunnels ${args.join(' ')} ended with ${code}`);
  return text;
}

async function status(): Promise<Status['tunnels'][0]> {
  const { tunnels: known } = JSON.parse(await tunnels(['status', 'demo', '--json'], 'return')) as Status;
  const [tunnel] = known;
  if (tunnel === undefined) throw new Error('the tunnel is not known');
  return tunnel;
}

type Parts = { readonly hops: readonly [EmbeddedServer, EmbeddedServer]; readonly database: Server; readonly webhook: Server };

/** The shipped profile with the ports, keys and host keys of this run. */
function writeProfile({ hops, database, webhook }: Parts, privateKey: string): void {
  const key = join(home, 'id_ed25519');
  writeFileSync(key, privateKey, { mode: 0o600 });
  const login = (hop: EmbeddedServer): string => `port: ${hop.port}\n    user: demo\n    identity: ${key}\n    hostKey: ${hop.fingerprint}`;
  const text = readFileSync(SHIPPED, 'utf8')
    .replace(/port: 42201\n\s*user: demo/, login(hops[0]))
    .replace(/port: 42202\n\s*user: demo/, login(hops[1]))
    .replaceAll('42201', String(hops[0].port))
    .replace('127.0.0.1:42432', '127.0.0.1:0')
    .replace('127.0.0.1:42480', '127.0.0.1:0')
    .replace('42502', String(portOf(database)))
    .replace('42580', String(portOf(webhook)));
  mkdirSync(join(home, 'profiles'), { recursive: true });
  writeFileSync(join(home, 'profiles', 'demo.yaml'), text);
}

async function run({ hops }: Parts): Promise<void> {
  step('Bring the tunnel up: through the bastion to the database, and a webhook back from the bastion');
  await tunnels(['up', 'demo'], 'show');
  const before = await status();
  const [database, webhook] = before.forwards.map(({ listen: { port } }) => port) as [number, number];

  step(`Traffic: the database behind both hops answers on 127.0.0.1:${database}`);
  for (const query of ['COUNT', 'GET quito', 'SET lima 10092000', 'COUNT']) say(`${query.padEnd(18)} → ${await ask(database, query)}`);
  say(`webhook, called on the bastion's port ${webhook} → ${await ask(webhook, 'POST /hook')}`);

  step('Cut the connections of the bastion, as a crash would, and ask again at once');
  const cutAt = performance.now();
  const cut = hops[0].cut();
  say(
    `GET lima           → ${await ask(database, 'GET lima')}   (held while the tunnel came back, ${Math.round(performance.now() - cutAt)} ms after ${cut} connection was cut)`,
  );
  let after = await status();
  while (after.state !== 'up') after = await status();
  say(`webhook again      → ${await ask((after.forwards[1] as { listen: { port: number } }).listen.port, 'POST /hook')}`);
  await tunnels(['status', 'demo'], 'show');
  if (after.reconnects < 1) throw new Error('the cut was not noticed');

  step('Take it down: every port is free again');
  await tunnels(['down', 'demo'], 'show');
}

const key = makeKeyPair();
const hop = () => startEmbeddedServer({ port: 0, user: 'demo', authorizedKey: key.publicLine });
const parts: Parts = { hops: [await hop(), await hop()], database: await startDatabase(), webhook: await startWebhook() };
try {
  say(`Two SSH servers of this demo listen on 127.0.0.1:${parts.hops[0].port} (bastion) and :${parts.hops[1].port} (database gateway).`);
  writeProfile(parts, key.privateKey);
  await run(parts);
  say('\nThat was the main job. Write your own profile: see profiles/db-prod.yaml, then `tunnels up db-prod`.');
} catch (error) {
  process.stderr.write(`The demo failed: ${String(error)}\n`);
  process.exitCode = 1;
} finally {
  await tunnels(['supervisor', 'stop', '--quiet'], 'return').catch(() => {});
  for (const server of parts.hops) await server.close();
  for (const server of [parts.database, parts.webhook]) server.close();
  rmSync(home, { recursive: true, force: true });
}
