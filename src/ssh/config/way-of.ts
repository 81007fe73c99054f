import type { ResolvedHop } from '../types.ts';
import { configInvalid } from './config-invalid.ts';
import { type Asked, isOn, textOf } from './read-value.ts';

type Way = ResolvedHop['way'];
type Env = Readonly<Record<string, string | undefined>>;

/**
 * How the way to the first hop of a route begins. Throws `ssh-config-invalid` where ProxyCommand cannot be run safely or
 * at all: with ProxyUseFdpass it hands over a socket (sendmsg(2)), which Node.js cannot take from another program.
 */
export function wayOf(asked: Asked, resolved: ResolvedHop, env: Env): Way {
  const said = textOf(asked, 'proxycommand');
  const bind = { bindAddress: textOf(asked, 'bindaddress'), bindInterface: textOf(asked, 'bindinterface') };
  if (said === null) return { command: null, agent: null, ...bind };
  if (isOn(asked, 'ProxyUseFdpass', false))
    throw configInvalid(asked.hop, 'it sets ProxyUseFdpass, and tunnels can only take a ProxyCommand that passes the bytes on itself.');
  return { command: withTokens(said, asked, resolved), agent: env['SSH_AUTH_SOCK'] || null, ...bind };
}

/** The tokens of ssh_config(5) for ProxyCommand, which `ssh -G` leaves as they are. */
function withTokens(text: string, { hop }: Asked, resolved: ResolvedHop): string {
  const values: Readonly<Record<string, string>> = {
    h: hostSafe(resolved.host),
    k: hostSafe(resolved.knownHosts.alias ?? resolved.name),
    n: hostSafe(resolved.name),
    p: String(resolved.port),
    r: userSafe(resolved.user),
  };
  return text.replaceAll(/%(.?)/g, (token, letter: string) => {
    if (letter === '%') return '%';
    const value = Object.hasOwn(values, letter) ? values[letter] : undefined;
    if (value === undefined) throw configInvalid(hop, `its ProxyCommand has ${token}, which ssh does not know there.`);
    if (value === '') throw configInvalid(hop, `a shell would take part of what ${token} stands for in its ProxyCommand for a command.`);
    return value;
  });
}

/** The command is run by a shell, so a name is held to what ssh.c (valid_hostname, valid_ruser) allows; '' where it is not. */
const hostSafe = (host: string): string => (/^-|['"`$\\;&<>|(){}\s]/.test(host) || hasControl(host) ? '' : host);
const userSafe = (user: string): string => (/^-|['"`;&<>|(){}]|\s-|\\$/.test(user) || hasControl(user) ? '' : user);
// oxlint-disable-next-line no-control-regex
const hasControl = (text: string): boolean => /[\u0000-\u001f\u007f]/.test(text);
