import { DEFAULT_OPTIONS, type HopOptions } from '../hop-options.ts';
import { listOf } from './algorithm-lists.ts';
import { type Asked, isOn, numberOf, wordOf, YES_NO } from './read-value.ts';

type Login = HopOptions['login'];

/** `path` makes a path absolute. Throws `ssh-config-invalid`. */
export function loginOf(asked: Asked, path: (text: string) => string): Login {
  const { login } = DEFAULT_OPTIONS;
  return {
    methods: methodsOf(asked),
    passwordPrompts: numberOf(asked, 'NumberOfPasswordPrompts', login.passwordPrompts),
    batch: isOn(asked, 'BatchMode', login.batch),
    certificates: (asked.answer.get('certificatefile') ?? []).filter((text) => text.toLowerCase() !== 'none').map(path),
    keyAlgorithms: listOf(asked, 'PubkeyAcceptedAlgorithms'),
    leastRsaBits: numberOf(asked, 'RequiredRSASize', login.leastRsaBits),
  };
}

/** Names that are not ours (`gssapi-with-mic`, `hostbased`) are passed over: ssh tries what it has, too. */
function methodsOf(asked: Asked): Login['methods'] {
  const preferred = asked.answer
    .get('preferredauthentications')?.[0]
    ?.split(',')
    .map((name) => name.trim());
  const all = DEFAULT_OPTIONS.login.methods;
  const wanted =
    preferred === undefined
      ? all
      : all.filter((method) => preferred.includes(method)).toSorted((a, b) => preferred.indexOf(a) - preferred.indexOf(b));
  return wanted.filter((method) => isAllowed(asked, method));
}

/** BatchMode turns off what asks a person (sshconnect2.c, `batch_flag`). */
function isAllowed(asked: Asked, method: Login['methods'][number]): boolean {
  if (method === 'publickey') return (wordOf(asked, 'PubkeyAuthentication', PUBKEY) ?? 'yes') === 'yes';
  const name = method === 'password' ? 'PasswordAuthentication' : 'KbdInteractiveAuthentication';
  return isOn(asked, name, true) && !isOn(asked, 'BatchMode', false);
}

const PUBKEY = { ...YES_NO, unbound: 'yes', 'host-bound': 'yes' } as const;
