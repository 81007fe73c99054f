import { DEFAULT_OPTIONS, type HopOptions } from '../hop-options.ts';
import { listOf } from './algorithm-lists.ts';
import { splitPaths } from './answer.ts';
import { type Asked, isOn, textOf, wordOf, YES_NO } from './read-value.ts';

type Trust = HopOptions['trust'];

/** `path` makes a path absolute. Throws `ssh-config-invalid`. */
export function trustOf(asked: Asked, path: (text: string) => string): Trust {
  const revoked = textOf(asked, 'revokedhostkeys');
  return {
    strict: wordOf(asked, 'StrictHostKeyChecking', STRICT) ?? DEFAULT_OPTIONS.trust.strict,
    hash: isOn(asked, 'HashKnownHosts', DEFAULT_OPTIONS.trust.hash),
    update: wordOf(asked, 'UpdateHostKeys', { ...YES_NO, ask: 'ask' } as const) ?? updateByDefault(asked),
    revokedFiles: revoked === null ? [] : splitPaths(revoked).map(path),
    command: textOf(asked, 'knownhostscommand'),
    caAlgorithms: listOf(asked, 'CASignatureAlgorithms'),
    anyOnLoopback: isOn(asked, 'NoHostAuthenticationForLocalhost', DEFAULT_OPTIONS.trust.anyOnLoopback),
  };
}

const STRICT = { ...YES_NO, ask: 'ask', off: 'no', 'accept-new': 'accept-new' } as const;

/** ssh_config(5), UpdateHostKeys: off where known hosts are kept elsewhere or DNS is believed. */
function updateByDefault(asked: Asked): Trust['update'] {
  const elsewhere =
    asked.answer.get('userknownhostsfile')?.some((text) => !/^~\/\.ssh\/known_hosts2?( ~\/\.ssh\/known_hosts2?)?$/.test(text)) ?? false;
  const byDns = (asked.answer.get('verifyhostkeydns')?.[0] ?? 'no').toLowerCase() !== 'no';
  return elsewhere || byDns ? 'no' : DEFAULT_OPTIONS.trust.update;
}
