/** What ssh_config(5) says of a hop beyond where it is and which keys there are. */
export type HopOptions = {
  readonly login: LoginOptions;
  readonly trust: TrustOptions;
  readonly algorithms: AlgorithmOptions;
  readonly rekey: RekeyOptions;
  readonly way: WayOptions;
};

/** What ssh_config(5) says of logging in to a hop. */
type LoginOptions = {
  /** PreferredAuthentications without those that are turned off (PubkeyAuthentication no, ...), in order. */
  readonly methods: readonly ('publickey' | 'keyboard-interactive' | 'password')[];
  /** NumberOfPasswordPrompts. */
  readonly passwordPrompts: number;
  /** BatchMode: nobody is to be asked. */
  readonly batch: boolean;
  /** CertificateFile: absolute paths, besides `IDENTITY-cert.pub`. */
  readonly certificates: readonly string[];
  /** PubkeyAcceptedAlgorithms where ssh_config has its own; null: ssh's default. */
  readonly keyAlgorithms: readonly string[] | null;
  /** RequiredRSASize, bits. */
  readonly leastRsaBits: number;
};

/** What ssh_config(5) says of trusting a hop's key, besides where known keys are kept. */
type TrustOptions = {
  /** StrictHostKeyChecking; `no` accepts new keys as `accept-new` does. */
  readonly strict: 'yes' | 'ask' | 'accept-new' | 'no';
  /** HashKnownHosts. */
  readonly hash: boolean;
  /** UpdateHostKeys. */
  readonly update: 'yes' | 'ask' | 'no';
  /** RevokedHostKeys: absolute paths. */
  readonly revokedFiles: readonly string[];
  /** KnownHostsCommand, tokens not yet expanded (%H, %I, %t, %K are known only later); null: none. */
  readonly command: string | null;
  /** CASignatureAlgorithms where ssh_config has its own; null: ssh's default. */
  readonly caAlgorithms: readonly string[] | null;
  /** NoHostAuthenticationForLocalhost: whatever answers at a loopback address may show any key. */
  readonly anyOnLoopback: boolean;
};

/** Algorithm names in order of preference, where ssh_config names its own; null: our own choice. */
type AlgorithmOptions = {
  readonly kex: readonly string[] | null;
  readonly hostKey: readonly string[] | null;
  readonly ciphers: readonly string[] | null;
  readonly macs: readonly string[] | null;
};

/** RekeyLimit; null: what RFC 4253 section 9 recommends, a gigabyte or an hour. */
export type RekeyOptions = { readonly bytes: number | null; readonly seconds: number | null };

/** How the way to a hop begins on this machine. Only the first hop of a route has another than the default. */
type WayOptions = {
  /** ProxyCommand with all tokens expanded; null: none. */
  readonly command: string | null;
  /** SSH_AUTH_SOCK for that command: the agent of whoever asked, where the supervisor's own may be another one. */
  readonly agent: string | null;
  /** BindAddress. */
  readonly bindAddress: string | null;
  /** BindInterface. */
  readonly bindInterface: string | null;
};

/** Where ssh_config says nothing. */
export const DEFAULT_OPTIONS: HopOptions = {
  login: {
    methods: ['publickey', 'keyboard-interactive', 'password'],
    passwordPrompts: 3,
    batch: false,
    certificates: [],
    keyAlgorithms: null,
    leastRsaBits: 1024,
  },
  trust: { strict: 'ask', hash: false, update: 'yes', revokedFiles: [], command: null, caAlgorithms: null, anyOnLoopback: false },
  algorithms: { kex: null, hostKey: null, ciphers: null, macs: null },
  rekey: { bytes: null, seconds: null },
  way: { command: null, agent: null, bindAddress: null, bindInterface: null },
};
