import { type Lab, makeLab } from '../../support/lab.ts';
import { compile, loadRunner, type Programs, type RunLoad, startTarget, type Target } from './programs.ts';

/** Where the rows of one kind of link are measured: the servers, who logs in, and what lies behind them. */
export type Place = {
  readonly lab: Lab;
  readonly programs: Programs;
  readonly target: Target;
  readonly load: RunLoad;
  /** The clients' network namespace. */
  readonly netns?: string;
  dispose(): Promise<void>;
};

// Its own log of every channel would be paid for in each short connection.
export const SSHD = ['LogLevel INFO'];

/** Everything on 127.0.0.1. */
export async function loopback(): Promise<Place> {
  const programs = await compile();
  const target = await startTarget(programs);
  const lab = await makeLab({ bastion: { config: SSHD }, far: { config: SSHD } });
  const place = { lab, programs, target, load: loadRunner(programs) };
  return { ...place, dispose: () => dispose(place) };
}

export async function dispose({ lab, target }: Pick<Place, 'lab' | 'target'>): Promise<void> {
  await lab.dispose();
  await target.stop();
}
