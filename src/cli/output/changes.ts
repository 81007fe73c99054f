import type { ForwardSnapshot, HopSnapshot, TunnelSnapshot } from '../../model/snapshot.ts';
import { listenOf, targetOf } from './forward-line.ts';

/** Something that is shown on a line of its own while a tunnel comes up. */
export type Line = { readonly key: string; readonly done: boolean; readonly text: string };

/** A line for each hop and each forward, and one for the tunnel's own trouble. Nothing in it changes unless the state does. */
export function linesOf(tunnel: TunnelSnapshot): Line[] {
  return [
    ...tunnel.hops.map((hop, index) => ({ key: `${tunnel.name}/hop/${index}`, done: hop.state === 'up', text: hopText(hop) })),
    ...tunnel.forwards.map((forward) => ({
      key: `${tunnel.name}/forward/${forward.name}`,
      done: forward.state === 'listening',
      text: forwardText(forward),
    })),
    { key: tunnel.name, done: tunnel.because === null, text: tunnelText(tunnel) },
  ];
}

/** Remembers what was said and gives back only what is new: one line for each change. */
export function createChanges(): (tunnel: TunnelSnapshot) => string[] {
  const said = new Map<string, string>();
  return (tunnel) =>
    linesOf(tunnel)
      .filter(({ key, text }) => said.get(key) !== text && (said.set(key, text), text !== ''))
      .map(({ text }) => `${tunnel.name}: ${text}`);
}

const HOP_TEXT: Record<HopSnapshot['state'], string> = {
  down: '',
  connecting: 'connecting',
  up: 'connected',
  suspect: 'does not answer for the moment',
};

function hopText({ user, host, port, state }: HopSnapshot): string {
  const what = HOP_TEXT[state];
  return what === '' ? '' : `${user === '' ? '' : `${user}@`}${host}${port === 22 ? '' : ` port ${port}`} ${what}`;
}

function forwardText(forward: ForwardSnapshot): string {
  const because = forward.because === null ? '' : `: ${forward.because.text}`;
  switch (forward.state) {
    case 'down':
    case 'binding':
      return '';
    case 'listening':
      return `${forward.name} listens on ${listenOf(forward)} → ${targetOf(forward)}`;
    case 'recovering':
      return `${forward.name} cannot listen on ${listenOf(forward)} yet${because}`;
    case 'blocked':
      return `${forward.name} cannot listen on ${listenOf(forward)}${because}`;
  }
}

function tunnelText(tunnel: TunnelSnapshot): string {
  const because = tunnel.because === null ? '' : `: ${tunnel.because.text}`;
  return tunnel.state === 'connecting' && because === '' ? '' : `${tunnel.state}${because}`;
}
