import { isProfileName } from '../../../model/profile.ts';
import { hasExtension, withoutExtension } from '../../profile-name.ts';

/** Host keys beside the profiles, as ssh(1) keeps them. */
const KNOWN_HOSTS = 'known_hosts';

/** What is neither a profile nor something for profiles to build upon. */
export const passedOver = (name: string): boolean =>
  name !== KNOWN_HOSTS && (!hasExtension(name) || name.startsWith('.') || name.endsWith('.schema.json'));

/** Names without slashes, backslashes, colons, `..` and dashes in front: none can mean another file, on any system. */
export const isSnapshotName = (name: string): boolean => name === KNOWN_HOSTS || isProfileName(withoutExtension(name));
