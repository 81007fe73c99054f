import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The licence texts of every package that a bundle contains, as one document.
 * Throws when a package has neither a licence file nor a licence name: that may not be distributed.
 */
export async function licencesOf({ root, inputs }) {
  const folders = new Set(inputs.map(packageFolder).filter(Boolean));
  const texts = await Promise.all([...folders].map((folder) => licenceOf(join(root, folder))));
  return `The bundled code contains these packages.\n\n${texts.sort((a, b) => a.localeCompare(b)).join('\n')}`;
}

const packageFolder = (file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];

async function licenceOf(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (!file && !license) throw new Error(`${name} ${version} names no licence`);
  const text = file ? await readFile(join(folder, file), 'utf8') : `Licence: ${license}\n`;
  return `${'-'.repeat(72)}\n${name} ${version} (${license ?? 'see below'})\n\n${text.trim()}\n`;
}
