import SSHConfig, { type Directive, type Line, type Section } from 'ssh-config';
import type { Hop } from '../../model/profile.ts';
import { matchesPatterns } from '../../model/host-patterns.ts';
import { type Answer, keywordOf } from './answer.ts';
import { configInvalid } from './config-invalid.ts';
import { commandsIn } from './commands-in.ts';
import { includedFiles, readConfig } from './include.ts';
import type { LocalUser } from './local-user.ts';
import type { PreparedConfig } from './prepared-config.ts';

type Given = { readonly user: LocalUser; readonly config: PreparedConfig; readonly options: readonly string[] };

const MAX_DEPTH = 16;

/** What `ssh -G` would say, for machines without ssh: the first value of a keyword wins (ssh_config(5)). */
export async function readConfigFiles(hop: Hop, given: Given): Promise<Answer> {
  const reader = new Reader(hop, given.user);
  reader.take('user', hop.user);
  reader.take('port', hop.port === null ? null : String(hop.port));
  for (const option of given.options) {
    const match = /^\s*(\w+)\s*[=\s]\s*(.*\S)\s*$/.exec(option);
    if (match?.[1] === undefined || match[2] === undefined) throw configInvalid(hop, `-o ${option} is not Key=value.`);
    reader.take(match[1], match[2].replace(/^"(.*)"$/, '$1'));
  }
  for (const file of given.config.files) await reader.read(file.path, { ...file, depth: 0 });
  return reader.answer();
}

class Reader {
  readonly #values = new Map<string, string[]>();
  /** As they are written: quotes and all belong to the shell. */
  readonly #commands = new Map<Line, string>();
  readonly #hop: Hop;
  readonly #user: LocalUser;

  constructor(hop: Hop, user: LocalUser) {
    this.#hop = hop;
    this.#user = user;
  }

  async read(path: string, { required, depth }: { required: boolean; depth: number }): Promise<void> {
    if (depth > MAX_DEPTH) throw configInvalid(this.#hop, `${path} is included too deeply.`);
    const text = await readConfig(this.#hop, path, { required });
    if (text !== null) await this.#walk(this.#parse(text, path), { path, depth });
  }

  take(keyword: string, value: string | readonly string[] | null): void {
    if (value === null) return;
    const key = keywordOf(keyword);
    const rival = RIVALS[key];
    if (rival !== undefined && this.#values.has(rival)) return;
    if (key === 'canonicalizehostname' && !/^(no|false|none)$/i.test(String(value)))
      throw configInvalid(this.#hop, 'it has CanonicalizeHostname, which needs the ssh program. Install an OpenSSH client.');
    const before = this.#values.get(key) ?? [];
    if (before.length === 0 || key === 'identityfile' || key === 'certificatefile') this.#values.set(key, [...before, ...[value].flat()]);
  }

  answer(): Answer {
    const host = this.#hostName();
    return new Map([...this.#values, ['hostname', [host]]]);
  }

  #hostName(): string {
    return (this.#values.get('hostname')?.[0] ?? this.#hop.host).replaceAll(/%([%h])/g, (_, letter) =>
      letter === '%' ? '%' : this.#hop.host,
    );
  }

  #parse(text: string, path: string): readonly Line[] {
    try {
      const lines = SSHConfig.parse(text);
      for (const [line, command] of commandsIn(lines, text)) this.#commands.set(line, command);
      return lines;
    } catch {
      throw configInvalid(this.#hop, `${path} cannot be understood.`);
    }
  }

  #taken(line: Directive, keyword: string): string | readonly string[] {
    if (keyword.endsWith('knownhostsfile')) return valuesOf(line);
    return this.#commands.get(line) ?? valuesOf(line).join(' ');
  }

  async #walk(lines: readonly Line[], at: { readonly path: string; readonly depth: number }): Promise<void> {
    for (const line of lines) {
      if (!('param' in line)) continue;
      const keyword = keywordOf(line.param);
      if (keyword === 'include') await this.#include(valuesOf(line), at);
      else if ('config' in line) await (this.#applies(line, keyword) ? this.#walk(line.config, at) : undefined);
      else this.take(keyword, this.#taken(line, keyword));
    }
  }

  async #include(patterns: readonly string[], { depth }: { readonly depth: number }): Promise<void> {
    for (const pattern of patterns) {
      for (const path of await includedFiles(pattern, this.#user)) await this.read(path, { required: false, depth: depth + 1 });
    }
  }

  #applies(section: Section, keyword: string): boolean {
    if (keyword === 'host') return matchesPatterns(this.#hop.host, valuesOf(section));
    const criteria = 'criteria' in section ? (section.criteria as Record<string, Directive['value']>) : {};
    return Object.entries(criteria).every(([name, value]) =>
      this.#meets(
        name,
        listOf(value).flatMap((part) => part.split(',')),
      ),
    );
  }

  #meets(criterion: string, patterns: readonly string[]): boolean {
    return criterion.toLowerCase() === 'all' || matchesPatterns(this.#subject(criterion), patterns);
  }

  #subject(criterion: string): string {
    switch (criterion.toLowerCase()) {
      case 'host':
        return this.#hostName();
      case 'originalhost':
        return this.#hop.host;
      case 'user':
        return this.#values.get('user')?.[0] ?? this.#user.name;
      case 'localuser':
        return this.#user.name;
      default:
        throw configInvalid(this.#hop, `it has Match ${criterion}, which needs the ssh program. Install an OpenSSH client.`);
    }
  }
}

/** Of these two the first counts, also when it is `none` (ssh_config(5), ProxyJump). */
const RIVALS: Readonly<Record<string, string>> = { proxyjump: 'proxycommand', proxycommand: 'proxyjump' };

const valuesOf = (line: Directive): string[] => listOf(line.value);

const listOf = (value: Directive['value']): string[] => (typeof value === 'string' ? [value] : value.map((part) => part.val));
