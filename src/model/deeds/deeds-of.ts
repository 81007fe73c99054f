import type { ProfileDocument } from '../profile-shape.ts';
import { type Hop, printHop, type Profile } from '../profile.ts';
import { readProfile } from '../read-profile.ts';
import { deed, type Deed, type Reason } from './deed.ts';
import { forwardDeeds } from './forward-deeds.ts';
import { looksAlike } from './host-looks.ts';
import { type Fingerprint, knownHostDeeds } from './known-host-deeds.ts';
import { reasonsOfOption } from './ssh-option-reasons.ts';

/** Everything that a document does, in the order in which a profile is written; null: it is no document. Never throws. */
export function deedsOf(document: unknown, fingerprint: Fingerprint): readonly Deed[] | null {
  const read = readProfile('profile', document);
  if (!read.ok) return null;
  const { value: profile } = read;
  return numbered([
    ...profile.hops.flatMap((hop, index) => hopDeeds(hop, { index, hops: profile.hops })),
    ...forwardDeeds(profile),
    ...sshDeeds(profile),
    ...knownHostDeeds(profile, fingerprint),
    ...settingDeeds(document as ProfileDocument),
  ]);
}

/** Of two about the same, such as a hop that is there twice, the second is told apart. */
function numbered(deeds: readonly Deed[]): Deed[] {
  const seen = new Map<string, number>();
  return deeds.map((one) => {
    const times = (seen.get(one.about) ?? 0) + 1;
    seen.set(one.about, times);
    return times === 1 ? one : { ...one, about: `${one.about} ${times}` };
  });
}

type AtHop = { readonly index: number; readonly hops: readonly Hop[] };

function hopDeeds(hop: Hop, { index, hops }: AtHop): Deed[] {
  const { host, user, port } = hop;
  const path = ['hops', index];
  const reasons: Reason[] = [
    ...(looksAlike(host) || looksAlike(user ?? '') ? ['look-alike' as const] : []),
    ...(user === 'root' || user?.toLowerCase() === 'administrator' ? ['administrator' as const] : []),
  ];
  const through = hops.slice(0, index).map(printHop);
  return [
    deed('login', { host, as: user, port, through }, { path, about: host, reasons }),
    ...hop.identity.map((file) =>
      deed('identity', { host, file }, { path: [...path, 'identity'], about: `${host} ${file}`, reasons: ofKeyFile(file) }),
    ),
    ...hop.hostKey.map((fingerprint) =>
      deed('pin', { host, fingerprint }, { path: [...path, 'hostKey'], about: `${host} ${fingerprint}` }),
    ),
  ];
}

/** Keys are expected where ssh keeps them. */
const ofKeyFile = (file: string): Reason[] => (/(^~|\/)\/?\.ssh\/[^/]+$/.test(file) && !file.includes('..') ? [] : ['other-key-file']);

const sshDeeds = ({ ssh }: Profile): Deed[] => [
  ...(ssh.configFile === null
    ? []
    : [
        deed(
          'ssh-config',
          { file: ssh.configFile },
          { path: ['sshConfig'], about: '', reasons: ssh.configFile === 'none' ? [] : ['reads-config'] },
        ),
      ]),
  ...ssh.options.map((text, index) => {
    const [, key = text, value = ''] = /^(\w+)(?:\s*=\s*|\s+)([^]*)$/.exec(text) ?? [];
    return deed(
      'ssh-option',
      { key, value },
      { path: ['sshOptions', index], about: key.toLowerCase(), reasons: reasonsOfOption(key, value) },
    );
  }),
];

/** What is told in one line each, as it changes how a tunnel behaves and not whom it reaches. */
const SETTINGS = ['description', 'groups', 'keepalive', 'idle', 'hold', 'deadman', 'secondLogin', 'giveUpAfter'] as const;

const settingDeeds = (document: ProfileDocument): Deed[] =>
  SETTINGS.flatMap((key) => {
    const value = document[key];
    if (value === undefined) return [];
    return [
      deed('setting', { key, value: typeof value === 'object' ? JSON.stringify(value) : String(value) }, { path: [key], about: key }),
    ];
  });
