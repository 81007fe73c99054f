type Named = { readonly name: string };

/** What plain ssh cannot say of a profile. */
export type ExportFacts = {
  'keepalive-mirror': { readonly seconds: number; readonly count: number };
  'keepalive-rounded': { readonly seconds: number };
  'export-pins': { readonly host: string };
  'export-no-place': { readonly what: string };
  'export-here-to-here': Named;
  'export-any-port': Named;
  'export-socks-socket': Named;
  'export-path-variable': Named;
  'export-bridged': Named & { readonly port: number };
  'export-several': { readonly count: number };
  'export-jump-keys': { readonly hosts: string };
  /** `places`: file, line and column of each. */
  'export-own-forwards': { readonly host: string; readonly places: string };
};

export const EXPORT_WORDS: { readonly [Code in keyof ExportFacts]: (facts: ExportFacts[Code]) => string } = {
  'keepalive-mirror': (f) => `keepalive follows the server's own patience; ssh cannot, and asks every ${f.seconds} s, ${f.count} times.`,
  'keepalive-rounded': (f) => `ssh counts in whole seconds; it asks every ${f.seconds} s.`,
  'export-pins': (f) =>
    `The host key pinned for ${f.host} is not in the line: ssh takes it from known_hosts alone. Compare it when ssh asks, or put the key there first.`,
  'export-no-place': (f) => `ssh has nothing like ${f.what}; that is left out.`,
  'export-here-to-here': (f) => `${f.name} leads from this machine to this machine, so ssh has no part in it; it is left out.`,
  'export-any-port': (f) => `${f.name} listens on any free port here, and ssh only on one that is named; it is left out.`,
  'export-socks-socket': (f) => `${f.name} is a SOCKS proxy on a Unix socket, and ssh has one on a port only; it is left out.`,
  'export-path-variable': (f) => `${f.name} has a path with \${, which ssh would take for a variable; it is left out.`,
  'export-bridged': (f) =>
    `${f.name} goes on from another hop; with ssh it takes two forwards, which meet on 127.0.0.1:${f.port} of this machine, where every local user may connect.`,
  'export-several': (f) => `ssh needs ${f.count} connections for this: run the lines side by side.`,
  'export-jump-keys': (f) => `-J takes no keys for the hops on the way; for those of ${f.hosts} the line has a ProxyCommand.`,
  'export-own-forwards': (f) =>
    `ssh_config has forwards of its own for ${f.host} (${f.places}), and ssh opens those as well: one that is in the line too is tried twice. Leave them out there, or write the line for a Host without them.`,
};
