import { type Address, isSocket } from '../../../model/address.ts';
import type { Evidence } from '../../../model/binding.ts';
import { ProblemError, type Problem } from '../../../model/problem.ts';
import { type SftpGiven, within } from '../../remote/sftp-session.ts';
import type { Remote } from '../../remote/types.ts';

/** sshd takes 5 s over a name that it cannot resolve. */
const DEADLINE_MS = 8_000;

/**
 * Asks for any free port, on the address that was refused and on localhost: where only the first is refused the address is
 * to blame, where both are, a policy is. Of use where nothing listens on the port; bindings got so are given back.
 */
export async function askPortZero(remote: Pick<Remote, 'tryListen'>, listen: Address, given: SftpGiven): Promise<Evidence['portZero']> {
  if (isSocket(listen)) return { same: 'not-tried', localhost: 'not-tried' };
  const same = await ask(remote, listen.host, given);
  return { same, localhost: same === 'refused' ? await ask(remote, 'localhost', given) : 'not-tried' };
}

async function ask(remote: Pick<Remote, 'tryListen'>, host: string, given: SftpGiven): Promise<'bound' | 'refused' | 'not-tried'> {
  const asking = remote.tryListen({ host, port: 0 });
  try {
    await within({ ...given, deadlineMs: DEADLINE_MS }, asking);
    return 'bound';
  } catch (error) {
    given.signal.throwIfAborted();
    return error instanceof ProblemError && REFUSALS.includes(error.problem.code) ? 'refused' : 'not-tried';
  } finally {
    void asking.then((binding) => binding.close()).catch(() => {});
  }
}

const REFUSALS: readonly Problem['code'][] = ['binding-refused', 'bind-not-allowed'];
