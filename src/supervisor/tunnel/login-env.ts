import { stat } from 'node:fs/promises';
import type { Clock } from '../../platform/clock.ts';
import { isAgentListening } from '../../ssh/identity/keys/agent-client.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The environment that a login is made in: the supervisor's own, with the agent of the command that asked for it.
 *
 * Agents end with the login session that they belong to, and leave their socket's file behind where they are killed. One at
 * whose socket nobody listens gives way to the supervisor's own, and then to those that the user's session has at a fixed
 * place; looked for anew at each login, so that a moved agent is found. Where none is alive the first is named, so that the
 * problem tells the path that was meant. Where no agent was ever named none is looked for, as in ssh(1). IdentityAgent in
 * ssh_config is stronger than all of this.
 */
export async function loginEnv(own: Env, given: { readonly agent: string | undefined; readonly clock: Clock }): Promise<NodeJS.ProcessEnv> {
  const named = [given.agent, own['SSH_AUTH_SOCK']].flatMap((socket) => socket || []);
  const [first] = named;
  // Windows has one agent, at a fixed name.
  if (first === undefined || process.platform === 'win32') return { ...own, ...(first !== undefined && { SSH_AUTH_SOCK: first }) };
  for (const socket of [...named, ...(await ownSockets(own))]) {
    if (await isAgentListening(socket, given.clock)) return { ...own, SSH_AUTH_SOCK: socket };
  }
  return { ...own, SSH_AUTH_SOCK: first };
}

/** Where systemd's user units of OpenSSH and of GNOME put an agent; of ours alone, whoever may write there. */
async function ownSockets(own: Env): Promise<string[]> {
  const uid = process.getuid?.();
  const folder = own['XDG_RUNTIME_DIR'] || `/run/user/${uid}`;
  const found = AGENT_SOCKETS.map(async (name) => {
    const stats = await stat(`${folder}/${name}`).catch(() => null);
    return stats?.isSocket() && stats.uid === uid ? `${folder}/${name}` : [];
  });
  return (await Promise.all(found)).flat();
}

const AGENT_SOCKETS = ['openssh_agent', 'ssh-agent.socket', 'gcr/ssh', 'keyring/ssh'];
