import { isSocket, printAddress, type Address } from './address.ts';
import { issueAt, type IssuePath, type Report } from './profile-issue.ts';
import { CONFLICT_STEPS, PORTS } from './profile-shape.ts';
import { DEFAULT_ON_CONFLICT, type ConflictStep, type PortRange } from './profile.ts';

type Given = { readonly raw: Readonly<Record<string, unknown>>; readonly path: IssuePath; readonly listen: Address | null };

/** What a forward does when its listening end is taken. */
export function readConflict(given: Given, report: Report): { onConflict: readonly ConflictStep[]; fallbackPorts: PortRange | null } {
  const onConflict = readSteps(given, report);
  const fallbackPorts = readPorts(given, report);
  const falls = onConflict.includes('fallback');
  const asked = Object.hasOwn(given.raw, 'fallbackPorts');
  if (falls && !asked) report(issueAt([...given.path, 'onConflict'], 'ports-missing', {}));
  const stepsAreRead = Array.isArray(given.raw['onConflict'] ?? []);
  if (!falls && asked && stepsAreRead) report(issueAt([...given.path, 'fallbackPorts'], 'ports-not-used', {}));
  return { onConflict, fallbackPorts };
}

function readSteps({ raw, path }: Given, report: Report): readonly ConflictStep[] {
  const steps = raw['onConflict'];
  if (!Array.isArray(steps)) return DEFAULT_ON_CONFLICT;
  steps.forEach((step: unknown, index) => {
    if (isStep(step) && steps.indexOf(step) < index) report(issueAt([...path, 'onConflict', index], 'step-twice', { step }));
  });
  return steps.filter(isStep);
}

const isStep = (step: unknown): step is ConflictStep => CONFLICT_STEPS.some((known) => known === step);

function readPorts({ raw, path, listen }: Given, report: Report): PortRange | null {
  const ports = raw['fallbackPorts'];
  if (typeof ports !== 'string' && typeof ports !== 'number') return null;
  const at = [...path, 'fallbackPorts'];
  const range = parsePorts(String(ports));
  if (range === null) report(issueAt(at, 'bad-range', { text: String(ports) }));
  else if (listen !== null && (isSocket(listen) || listen.port === 0)) {
    report(issueAt(at, 'ports-without-port', { listen: printAddress(listen) }));
  }
  return range;
}

function parsePorts(text: string): PortRange | null {
  if (!PORTS.test(text)) return null;
  const [first = 0, last = first] = text.split('-').map(Number);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : null;
}
