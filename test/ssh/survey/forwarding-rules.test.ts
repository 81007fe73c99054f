import { describe, expect, test } from 'vitest';
import { rulesIn } from '../../../src/ssh/survey/forwarding-rules.ts';
import { readSshdSettings } from '../../../src/ssh/survey/sshd-settings.ts';

const KEYWORDS = ['gatewayports', 'permitlisten', 'allowtcpforwarding', 'disableforwarding'];

/** What is said by files, by their names; null: one that we may not read. */
async function rules(files: Record<string, string | null>, options: string[] = []) {
  const settings = await readSshdSettings({
    path: '/etc/ssh/sshd_config',
    options: options.map((text) => ({ keyword: text.split(' ')[0]!, args: text.split(' ').slice(1) })),
    keywords: KEYWORDS,
    read: async (pattern) => {
      const text = files[pattern];
      return text === undefined ? [] : text === null ? null : [text];
    },
  });
  return settings === null ? null : rulesIn(settings);
}

describe('what a server lets us listen on', () => {
  test('is everything on its loopback where nothing is said', async () => {
    expect(await rules({ '/etc/ssh/sshd_config': 'Port 22\n' })).toEqual({
      gatewayPorts: 'no',
      tcp: 'yes',
      sockets: 'yes',
      disabled: false,
      permitListen: null,
      uncertain: [],
    });
  });

  test('is what was said first, on the command line, in the file or in one that it includes', async () => {
    const files = {
      '/etc/ssh/sshd_config': 'Include sshd_config.d/*.conf\nGatewayPorts yes\nAllowTcpForwarding all\n',
      '/etc/ssh/sshd_config.d/*.conf': 'GatewayPorts clientspecified\nPermitListen 8080 localhost:9090\n',
    };
    expect(await rules(files)).toMatchObject({ gatewayPorts: 'clientspecified', tcp: 'yes', permitListen: ['8080', 'localhost:9090'] });
    expect(await rules(files, ['gatewayports no'])).toMatchObject({ gatewayPorts: 'no' });
  });

  test('is uncertain where a Match block sets it too, and certain again where the block matches all', async () => {
    const matched = {
      '/etc/ssh/sshd_config': 'AllowTcpForwarding no\nMatch User ann\nAllowTcpForwarding yes\nMatch all\nGatewayPorts yes\n',
    };
    expect(await rules(matched)).toMatchObject({ tcp: 'no', gatewayPorts: 'yes', uncertain: ['allowtcpforwarding'] });
  });

  test('is uncertain where an included file may not be read, but for what was said before', async () => {
    const hidden = { '/etc/ssh/sshd_config': 'PermitListen none\nInclude /secret\n', '/secret': null };
    const found = await rules(hidden);
    expect(found).toMatchObject({ permitListen: [] });
    expect(found?.uncertain).not.toContain('permitlisten');
    expect(found?.uncertain).toContain('gatewayports');
  });

  test('is not known where the file may not be read, or is not there', async () => {
    expect(await rules({ '/etc/ssh/sshd_config': null })).toBeNull();
    expect(await rules({})).toBeNull();
  });

  test('ends with a file that includes itself', async () => {
    expect(
      await rules({ '/etc/ssh/sshd_config': 'Include /etc/ssh/sshd_config\nInclude /etc/ssh/sshd_config\nGatewayPorts yes\n' }),
    ).toMatchObject({
      gatewayPorts: 'yes',
    });
  });
});
