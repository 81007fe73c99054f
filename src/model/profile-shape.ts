import * as v from 'valibot';

/**
 * The shape of a profile's document: what the YAML says, as data. It holds no transforms, so that the JSON Schema
 * for editors is made from it; the rules that need more than one value at a time are in `read-profile.ts`.
 */
const described = <Input>(text: string, ...examples: readonly unknown[]): v.MetadataAction<Input, Record<string, unknown>> =>
  v.metadata(examples.length === 0 ? { description: text } : { description: text, examples });

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;
const DURATION = /^\d{1,9}(ms|s|m|h)$/;
export const PIN = /^SHA256:[A-Za-z0-9+/]{43}=?$/;
export const PORTS = /^\d{1,5}(-\d{1,5})?$/;
const SECOND_LOGIN = ['never', 'when-heavy'] as const;
export const CONFLICT_STEPS = ['reclaim', 'wait', 'fallback'] as const;

const text = v.pipe(v.string(), v.nonEmpty());
const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535));
const listen = v.union([text, v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))]);
const duration = v.pipe(v.string(), v.regex(DURATION));
const durationOrNone = v.union([v.pipe(v.string(), v.regex(/^(0|\d{1,9}(ms|s|m|h))$/)), v.literal(0)]);
const pin = v.pipe(v.string(), v.regex(PIN));

export const HopShape = v.strictObject({
  host: v.pipe(text, described('A Host of ssh_config, a name or an address.', 'bastion', '2001:db8::7')),
  user: v.exactOptional(v.pipe(text, described('Who logs in; without it ssh_config decides.', 'deploy'))),
  port: v.exactOptional(v.pipe(port, described('The port of its SSH server; without it ssh_config decides.', 22))),
  identity: v.exactOptional(
    v.pipe(
      v.union([text, v.array(text)]),
      described('The file of a private key, or a list of them in the order to try.', '~/.ssh/id_ed25519'),
    ),
  ),
  hostKey: v.exactOptional(
    v.pipe(
      v.union([pin, v.array(pin)]),
      described(
        'Fingerprints of the only host keys, or of the only authorities of host certificates, to accept, as `ssh-keygen -lf` prints them.',
      ),
    ),
  ),
});

export const ForwardShape = v.strictObject({
  name: v.exactOptional(
    v.pipe(v.string(), v.regex(NAME), described('What status calls it; without it made of its kind and port.', 'postgres')),
  ),
  local: v.exactOptional(
    v.pipe(
      listen,
      described('Listens on this machine (ssh -L): a port, host:port, [v6]:port or a socket path; 0 is any free port.', 15432),
    ),
  ),
  remote: v.exactOptional(v.pipe(listen, described('Listens on a hop (ssh -R).', '127.0.0.1:18080'))),
  dynamic: v.exactOptional(v.pipe(listen, described('A SOCKS proxy on this machine (ssh -D).', 1080))),
  remoteDynamic: v.exactOptional(v.pipe(listen, described('A SOCKS proxy on a hop.', 1081))),
  to: v.exactOptional(v.pipe(v.union([text, port]), described('The target: host:port, [v6]:port or a socket path.', 'db.internal:5432'))),
  on: v.exactOptional(
    v.pipe(text, described('The hop that listens, for remote and remoteDynamic; the default is the last hop.', 'bastion')),
  ),
  from: v.exactOptional(
    v.pipe(
      text,
      described(
        'Who connects to the target: `local` or a hop. The default is the last hop for local and dynamic, and here for remote.',
        'local',
      ),
    ),
  ),
  onConflict: v.exactOptional(
    v.pipe(
      v.array(v.picklist(CONFLICT_STEPS)),
      described('What to try, in order, when the listening end is taken; the default is [reclaim, wait].', ['reclaim', 'wait', 'fallback']),
    ),
  ),
  fallbackPorts: v.exactOptional(
    v.pipe(
      v.union([v.pipe(v.string(), v.regex(PORTS)), port]),
      described('The ports that `fallback` may take: first-last, or one.', '18081-18089'),
    ),
  ),
  giveUpAfter: v.exactOptional(
    v.pipe(duration, described('How long a taken binding is waited for before a person is asked; the default is for ever.', '30m')),
  ),
  public: v.exactOptional(
    v.pipe(v.boolean(), described('Whether the binding may listen on more addresses than this asks for, if the server widens it.', true)),
  ),
});

const KeepaliveShape = v.strictObject({
  interval: v.exactOptional(v.pipe(duration, described('The time between two questions; the default is 15s.', '15s'))),
  countMax: v.exactOptional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000), described('Unanswered questions until the link is given up.', 3)),
  ),
});

export const ProfileShape = v.strictObject({
  $schema: v.exactOptional(v.pipe(v.string(), described('For editors: where the JSON Schema of profiles lies.'))),
  description: v.exactOptional(v.pipe(v.string(), described('What the tunnel is for.', 'Production Postgres through the bastion'))),
  groups: v.exactOptional(
    v.pipe(v.array(v.pipe(v.string(), v.regex(NAME))), described('Names that bring up several profiles at once.', ['prod'])),
  ),
  hops: v.pipe(
    v.array(v.union([v.pipe(text, described('A Host of ssh_config, or [user@]host[:port].', 'ann@bastion:22')), HopShape])),
    v.minLength(1),
    described('The SSH servers on the way, in dialling order; the last is the far end.', ['bastion']),
  ),
  forwards: v.pipe(v.array(ForwardShape), v.minLength(1), described('What listens where and where it leads.')),
  keepalive: v.exactOptional(
    v.pipe(v.union([v.literal('mirror'), KeepaliveShape]), described("`mirror` follows the server's own settings.", 'mirror')),
  ),
  idle: v.exactOptional(v.pipe(duration, described('Connect on first use and disconnect after this long without a connection.', '30m'))),
  hold: v.exactOptional(
    v.pipe(
      durationOrNone,
      described('How long a new local connection is held while the link is down; 0 refuses it. The default is 30s.', '30s'),
    ),
  ),
  deadman: v.exactOptional(
    v.pipe(
      v.union([v.picklist(['auto', 'off']), duration]),
      described(
        'After this long without us the server ends our session itself and frees its ports, where a shell is allowed; `auto`, the default, does so where the server has no ClientAliveInterval of its own.',
        '20s',
      ),
    ),
  ),
  secondLogin: v.exactOptional(
    v.pipe(
      v.picklist(SECOND_LOGIN),
      described(
        'Whether the tunnel may log in a second time: `when-heavy` gives its new connections an SSH connection of their own while it moves much and shares its own with other tunnels; `never`, the default, shares always.',
        'when-heavy',
      ),
    ),
  ),
  giveUpAfter: v.exactOptional(v.pipe(duration, described('The same for every forward that does not say otherwise.', '30m'))),
  sshConfig: v.exactOptional(
    v.pipe(text, described('The ssh_config to read in place of your own (ssh -F); none reads no file.', './ssh_config')),
  ),
  knownHosts: v.exactOptional(v.strictObject({ file: text, text: v.string() })),
  sshOptions: v.exactOptional(v.pipe(v.array(text), described('Settings of ssh_config, as ssh -o takes them.', ['ConnectTimeout=5']))),
});

/** A profile's document that passed `checkDocument`. */
export type ProfileDocument = v.InferOutput<typeof ProfileShape>;

/** What a document has, and no file: it is made of other files beside it. */
export const OF_DOCUMENT: ReadonlySet<string> = new Set(['knownHosts']);

/** The keys that a mapping may have: of the profile, a hop, a forward or keepalive. */
export const KEYS = {
  profile: Object.keys(ProfileShape.entries),
  hop: Object.keys(HopShape.entries),
  forward: Object.keys(ForwardShape.entries),
  keepalive: Object.keys(KeepaliveShape.entries),
} as const;
