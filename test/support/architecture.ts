import { readFileSync, readdirSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Source texts by their path from the root, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** What a module imports: another module's path or a package's name, and whether only when the import runs. */
type Import = { readonly target: string; readonly lazy: boolean };

const LOW = ['model', 'decide', 'platform'];
const MIDDLE = [...LOW, 'profiles', 'ssh', 'api'];

/** Which folders of src a folder may import besides itself: imports run only downwards. */
const LAYERS: Readonly<Record<string, { readonly may: readonly string[]; readonly why: string }>> = {
  model: { may: [], why: 'model says what things are and knows nobody' },
  decide: { may: ['model'], why: 'decide is a function of the model alone, so that it can be tested without a world' },
  platform: { may: ['model', 'decide'], why: 'platform hides the machine and knows nothing of tunnels' },
  profiles: { may: LOW, why: 'profiles turns files into data and reaches no server' },
  ssh: { may: LOW, why: 'ssh can be replaced by another transport only if it knows nobody above' },
  api: { may: LOW, why: 'api is the contract that both ends share' },
  supervisor: { may: MIDDLE, why: 'the supervisor is run by the command line, not the other way round' },
  cli: { may: [...LOW, 'profiles', 'api'], why: 'the command line reaches everything through the supervisor’s API' },
  dashboard: { may: [...LOW, 'api'], why: 'the web page reaches everything through the supervisor’s API' },
};

/** Packages that only one folder may import. */
const OWNED: Readonly<Record<string, { readonly by: readonly string[]; readonly why: string }>> = {
  ssh2: { by: ['ssh'], why: 'its traps are known in one place' },
  yaml: { by: ['profiles'], why: 'only profiles are YAML' },
  yargs: { by: ['cli'], why: 'only the command line has flags' },
  ora: { by: ['cli'], why: 'only the command line has a terminal' },
};

const IMPURE: readonly [RegExp, string][] = [
  [/\bDate\s*[.(]|\bnew Date\b/, 'Date'],
  [/\bset(?:Timeout|Interval|Immediate)\s*\(/, 'timers'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\bperformance\.\w/, 'performance'],
  [/\bprocess\.\w/, 'process'],
];

const MAX_LINES = 250;

/** Every breach of the layout, each as a sentence with its reason; empty where the sources keep to it. */
export function violations(sources: Sources): string[] {
  const imports = new Map([...sources].map(([path, text]) => [path, importsOf(path, text)]));
  return [...sources].flatMap(([path, text]) => [
    ...layerOf(path, imports.get(path) ?? []),
    ...ownersOf(path, imports.get(path) ?? []),
    ...purityOf(path, text),
    ...shapeOf(path, text),
    ...reachOf(path, imports),
  ]);
}

function layerOf(path: string, imports: readonly Import[]): string[] {
  const folder = folderOf(path);
  if (folder === undefined) return [];
  const layer = LAYERS[folder];
  if (!layer) return [`${path}: the folder ${folder} has no place among the layers`];
  return imports
    .filter(({ target }) => target.startsWith('src/') || target.startsWith('bin/'))
    .filter(({ target }) => folderOf(target) !== folder && !layer.may.includes(folderOf(target) ?? 'bin'))
    .map(({ target }) => `${path} imports ${target}: ${layer.why}`);
}

function ownersOf(path: string, imports: readonly Import[]): string[] {
  return imports.flatMap(({ target }) => {
    const owned = Object.entries(OWNED).find(([name]) => target === name || target.startsWith(`${name}/`))?.[1];
    return owned && !owned.by.includes(folderOf(path) ?? 'bin')
      ? [`${path} imports ${target}, which is for ${owned.by.join(', ')}: ${owned.why}`]
      : [];
  });
}

function purityOf(path: string, text: string): string[] {
  if (!['model', 'decide'].includes(folderOf(path) ?? '')) return [];
  const io = importsOf(path, text).filter(({ target }) => target.startsWith('node:'));
  const used = IMPURE.filter(([pattern]) => pattern.test(codeOf(text))).map(([, name]) => name);
  return [...io.map(({ target }) => target), ...used].map(
    (what) => `${path} uses ${what}: time, chance and the outside are parameters here`,
  );
}

function shapeOf(path: string, text: string): string[] {
  const code = codeOf(text);
  const lines = text.split('\n').length - 1;
  return [
    ...(lines > MAX_LINES ? [`${path} has ${lines} lines: a file has one job`] : []),
    ...(/^(?:export )?let /m.test(code) ? [`${path} has a variable of the module: state belongs to somebody`] : []),
    ...(/\.message\s*(?:[!=]==?|\.(?:includes|startsWith|endsWith|match|search)\b)/.test(code)
      ? [`${path} compares an error's text: only codes are compared`]
      : []),
  ];
}

/** The command line must neither load ssh2 nor hold the supervisor's code, by whatever way it gets there. */
function reachOf(path: string, imports: ReadonlyMap<string, readonly Import[]>): string[] {
  const isEntry = path === 'bin/tunnels.ts';
  if (folderOf(path) !== 'cli' && !isEntry) return [];
  // The entry may load the supervisor late: `up --foreground` runs it in this process.
  const next = (from: string): string[] => (imports.get(from) ?? []).filter(({ lazy }) => !(isEntry && lazy)).map(({ target }) => target);
  const seen = new Map<string, readonly string[]>([[path, [path]]]);
  for (const [module, way] of seen) for (const target of next(module)) if (!seen.has(target)) seen.set(target, [...way, target]);
  const forbidden = [...seen].filter(([target]) => target === 'ssh2' || ['ssh', 'supervisor'].includes(folderOf(target) ?? ''));
  return forbidden.map(
    ([target, way]) => `${path} reaches ${target} by ${way.join(' → ')}: the command line starts fast and holds no connection`,
  );
}

/** Every module of src and bin. */
export function sourcesOf(root: string): Sources {
  const files = ['src', 'bin'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, encoding: 'utf8' }).map((name) => posix.join(top, name.replaceAll('\\', '/'))),
  );
  return new Map(files.filter((name) => name.endsWith('.ts')).map((name) => [name, readFileSync(join(root, name), 'utf8')]));
}

const folderOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(path)?.[1];

const IMPORT = /(?:^|\n|;)\s*(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]/g;

function importsOf(path: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(IMPORT)].map(([, now, late]) => {
    const name = now ?? late ?? '';
    return { target: name.startsWith('.') ? posix.join(posix.dirname(path), name) : name, lazy: now === undefined };
  });
}

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1');

const codeOf = (text: string): string => withoutComments(text).replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g, "''");
