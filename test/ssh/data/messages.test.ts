import { describe, expect, test } from 'vitest';
import { confirmation, openMessage } from '../../../src/ssh/data/messages.ts';

const ours = { id: 2 ** 24, window: 2 ** 21, packetBytes: 32_768 };
const uint32 = (value: number): string => value.toString(16).padStart(8, '0');
const text = (value: string): string => uint32(Buffer.byteLength(value)) + Buffer.from(value).toString('hex');
const terms = uint32(ours.id) + uint32(ours.window) + uint32(ours.packetBytes);

describe('a request for a channel', () => {
  test('to a TCP address names the target and who has come', () => {
    const made = openMessage({ host: 'db', port: 5432 }, { host: '10.0.0.7', port: 50_000 }, ours);
    expect(made.toString('hex')).toBe(`5a${text('direct-tcpip')}${terms}${text('db')}${uint32(5432)}${text('10.0.0.7')}${uint32(50_000)}`);
  });

  test('names this machine where nobody knows who has come', () => {
    const made = openMessage({ host: 'db', port: 5432 }, null, ours);
    expect(made.toString('hex')).toBe(`5a${text('direct-tcpip')}${terms}${text('db')}${uint32(5432)}${text('127.0.0.1')}${uint32(0)}`);
  });

  test('to a Unix socket names its path, as many bytes as it has in UTF-8', () => {
    const made = openMessage({ path: '/run/größe.sock' }, null, ours);
    expect(made.toString('hex')).toBe(
      `5a${text('direct-streamlocal@openssh.com')}${terms}${text('/run/größe.sock')}${text('')}${uint32(0)}`,
    );
  });
});

test('a confirmation names both numbers of the channel', () => {
  expect(confirmation(7, ours).toString('hex')).toBe(`5b${uint32(7)}${terms}`);
});
