import { judgeBinding } from '../../../decide/judge-binding.ts';
import { isSocket, printAddress } from '../../../model/address.ts';
import type { Forward, Profile } from '../../../model/profile.ts';
import type { TunnelSnapshot } from '../../../model/snapshot.ts';
import { keyOptionsIn } from '../../../ssh/remote/key-options.ts';
import type { HopLink } from '../../../ssh/remote/types.ts';
import { learnEphemeralPorts } from '../../../ssh/survey/ephemeral-ports.ts';
import { learnForwardingRules } from '../../../ssh/survey/forwarding-rules.ts';
import { listensOnSocket } from '../../../ssh/survey/socket-listener.ts';
import type { RemoteFacts, RemoteState } from '../facts.ts';
import type { Examining } from '../needs.ts';
import { inTime } from '../in-time.ts';
import { lookWithoutAsking } from './look.ts';

type Given = { readonly profile: Profile; readonly link: HopLink; readonly tunnels: readonly TunnelSnapshot[] };

/** One remote forward: what its server lets us see of it. Nothing is connected to it and nothing is asked for. */
export async function remoteFacts(forward: Forward, given: Given, examining: Examining): Promise<RemoteFacts> {
  const { profile, link } = given;
  const { listen } = forward;
  const asking = askingOf(examining);
  // One after the other: many servers allow few channels at a time.
  const state = await stateOf(forward, given, examining);
  const rules = await inTime(examining, learnForwardingRules(link, asking));
  const ephemeral = await inTime(examining, learnEphemeralPorts(link, asking));
  return {
    subject: `${profile.name} ${forward.name} (${printAddress(listen)} on ${link.hop.name})`,
    tunnel: profile.name,
    on: link.hop.name,
    listen,
    isPublic: forward.public,
    keyOptions: keyOptionsIn(link.said.all),
    rules,
    ephemeral,
    state,
  };
}

const askingOf = ({ clock, accounts, signal }: Examining) => ({ clock, accounts, signal });

async function stateOf({ name, listen }: Forward, { profile, link, tunnels }: Given, examining: Examining): Promise<RemoteState> {
  const own = tunnels.find((tunnel) => tunnel.name === profile.name)?.forwards.find((forward) => forward.name === name);
  if (own?.state === 'listening' && JSON.stringify(own.listen) === JSON.stringify(listen)) return { is: 'listens' };
  if (!isSocket(listen) && listen.port === 0) return { is: 'any-port' };
  const evidence = await inTime(examining, lookWithoutAsking(link, { listen, tunnel: profile.name }, examining));
  if (evidence === null) return { is: 'unseen' };
  const isFile = isSocket(listen) && evidence.file?.kind === 'socket';
  const socketListens = isFile ? await inTime(examining, listensOnSocket(link, listen.path, askingOf(examining))) : null;
  return { is: 'seen', verdict: judgeBinding(evidence), evidence, socketListens };
}
