import { closeSync, fstatSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/**
 * What the CommonJS script `file` exports. Its compiled form is kept in the file `compiled`, in a folder that is made if the
 * one above it is there already; null: it is compiled anew each time. In it `moduleUrl` is what `import.meta.url` is in a module,
 * and `importModule` imports packages: Node 20 knows no `import()` in what was compiled before.
 *
 * Compiling takes longer than running it. Node keeps compiled modules itself from 22.8 on (`module.enableCompileCache`), but
 * 20 does not.
 */
export function runScript(file: string, compiled: string | null): unknown {
  const identity = identityOf(file);
  const cachedData = compiled === null ? null : readCompiled(compiled, identity);
  const script = new Script(`${HEAD}${readFileSync(file, 'latin1')}${TAIL}`, {
    filename: file,
    ...(cachedData && { cachedData }),
  });
  const isStale = cachedData === null || script.cachedDataRejected === true;
  // At the end, so that the functions that were needed are in it.
  if (compiled !== null && isStale) process.once('exit', () => keepCompiled(compiled, identity, script));
  const module = { exports: {} };
  const run = script.runInThisContext() as Wrapped;
  run(module.exports, createRequire(file), module, pathToFileURL(file).href, (name: string) => import(name));
  return module.exports;
}

/** exports, require, module, moduleUrl, importModule: simple parameters, or the script could not be strict. */
type Wrapped = (...given: readonly unknown[]) => void;

const HEAD = '(function(exports,require,module,moduleUrl,importModule){';
const TAIL = '\n})';

const IDENTITY_BYTES = 128;

/** V8 compares no more than the length of the source. */
function identityOf(file: string): Buffer {
  const { dev, ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  return Buffer.alloc(IDENTITY_BYTES, ' ').fill([dev, ino, size, mtimeNs, ctimeNs].join(' '), 0, IDENTITY_BYTES - 1);
}

/** Null where there is none, where it is that of another script, or where somebody else could have written it: it will be run. */
function readCompiled(path: string, identity: Buffer): Buffer | null {
  try {
    if (!isOurs(statSync(dirname(path)))) return null;
    const fd = openSync(path, 'r');
    try {
      if (!isOurs(fstatSync(fd))) return null;
      const bytes = readFileSync(fd);
      return bytes.subarray(0, IDENTITY_BYTES).equals(identity) ? bytes.subarray(IDENTITY_BYTES) : null;
    } finally {
      closeSync(fd);
    }
  } catch {
    return null;
  }
}

const isOurs = ({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean =>
  uid === process.geteuid?.() && (mode & 0o022) === 0;

/** Renamed when it is on the disk: what a crash leaves half written would be run. Where it cannot be kept nothing is lost but time. */
function keepCompiled(path: string, identity: Buffer, script: Script): void {
  const fresh = `${path}.${process.pid}`;
  try {
    // Not as root into the folder of somebody else, who then could not.
    if (!isOurs(statSync(dirname(dirname(path))))) return;
    makeOwnFolder(dirname(path));
    const fd = openSync(fresh, 'wx', 0o600);
    try {
      writeFileSync(fd, Buffer.concat([identity, script.createCachedData()]));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(fresh, path);
  } catch {
    rmSync(fresh, { force: true });
  }
}

function makeOwnFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
