import { OWN } from './own.ts';
import { STAT_OF } from './stat-of.ts';

/**
 * Who we are there, and which process serves us: the lines of `own`, and
 *
 *     uid 1001
 *     client 10.0.0.2 53044 10.0.0.1 22     SSH_CONNECTION (ssh(1))
 *     scope 787                             XDG_SESSION_ID (pam_systemd(8)), if any
 */
export const IDENTIFY = `${STAT_OF}${OWN}
echo "uid $(id -u)"
echo "client $SSH_CONNECTION"
echo "scope $XDG_SESSION_ID"
own
`;
