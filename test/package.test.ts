import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

const read = (name: string): Promise<string> => readFile(new URL(`../${name}`, import.meta.url), 'utf8');

describe('the package', () => {
  test('has all that its README sends users to', async () => {
    const { files } = JSON.parse(await read('package.json')) as { files: string[] };
    // What is about working on it lies in the repository.
    const [forUsers = ''] = (await read('README.md')).split(/^## Contributing/m);
    const links = [...forUsers.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link = '']) => link);
    const packed = (link: string): boolean => link === 'LICENSE' || files.some((file) => link === file || link.startsWith(`${file}/`));
    expect(links).not.toEqual([]);
    expect(links.filter((link) => !packed(link))).toEqual([]);
  });
});
