import type { BindingVerdict, Evidence } from '../model/binding.ts';
import { proveTakenOver } from './prove-dead.ts';

/** Something of our own user answers, and it is none of this supervisor's tunnels. `owner`: the uid of what is held. */
export function liveElsewhere(evidence: Evidence, owner: number): BindingVerdict {
  const { recorded, process, scope, peer } = evidence;
  const pid = recorded !== null && process === 'same' ? recorded.pid : (scope?.leader ?? null);
  return { is: 'ours-live', where: 'elsewhere', session: { pid, peer }, takeOver: proveTakenOver(evidence, owner) };
}
