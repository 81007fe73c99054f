import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run.ts';

export type Debs = { readonly suite: string; readonly packages: readonly string[] };

/** Unpacks packages of Debian's archive into a folder, without installing them, unless that has been done. Needs the network. */
export async function unpackOnce(root: string, debs: Debs): Promise<void> {
  if (existsSync(join(root, WHOLE))) return;
  // Aside first: another test process may do the same, and none may see half of it.
  const work = `${root}.${process.pid}`;
  try {
    await unpack(work, debs);
    if (existsSync(join(root, WHOLE))) return;
    rmSync(root, { recursive: true, force: true });
    renameSync(work, root);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The file that is written last. */
const WHOLE = '.whole';

async function unpack(root: string, { suite, packages }: Debs): Promise<void> {
  const apt = join(root, 'apt');
  for (const folder of ['lists/partial', 'cache/archives/partial', 'debs']) mkdirSync(join(apt, folder), { recursive: true });
  const list = join(apt, 'sources.list');
  writeFileSync(list, `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${await archive()} ${suite} main\n`);
  const options = [
    `Dir::Etc::sourcelist=${list}`,
    'Dir::Etc::sourceparts=-',
    `Dir::State::lists=${apt}/lists`,
    `Dir::Cache=${apt}/cache`,
    // apt waits longer from one try to the next; without the mode, an update that got nothing counts as done.
    'Acquire::Retries=4',
    'APT::Update::Error-Mode=any',
  ];
  const aptGet = async (...args: string[]): Promise<string> =>
    await must('apt-get', [...options.flatMap((option) => ['-o', option]), '-qq', ...args], { cwd: join(apt, 'debs') });
  await aptGet('update');
  await aptGet('download', ...packages);
  await must('sh', ['-ec', 'for deb in "$1"/debs/*.deb; do dpkg-deb -x "$deb" "$2"; done', 'sh', apt, root]);
  rmSync(apt, { recursive: true });
  writeFileSync(join(root, WHOLE), `${packages.join(' ')}\n`);
}

/** The mirror that the system itself uses. */
async function archive(): Promise<string> {
  const sites = (await must('apt-get', ['indextargets', '--format', '$(SITE)'])).split('\n');
  const site = sites.find((each) => each.endsWith('/debian'));
  if (site === undefined) throw new Error('apt has no source of Debian');
  return site;
}
