import { describe, expect, test } from 'vitest';
import { problem, ProblemError } from '../../src/model/problem.ts';
import { COMMANDS } from '../../src/cli/registry.ts';
import { makeWorld, run } from './fake-given.ts';

describe('help', () => {
  test('lists every command, with and without --help', async () => {
    const { code, out } = await run(makeWorld());
    expect(code).toBe(0);
    for (const { name } of COMMANDS) expect(out).toContain(name);
    expect((await run(makeWorld(), '--help')).out).toBe(out);
    expect((await run(makeWorld(), 'help')).out).toBe(out);
  });

  test.each(COMMANDS.map(({ name }) => name))('of %s has its usage and an example', async (name) => {
    const { code, out } = await run(makeWorld(), ...name.split(' '), '--help');
    expect(code).toBe(0);
    expect(out).toContain(`tunnels ${name}`);
    expect(out).toContain('Examples:');
    expect(out).toContain('--json');
  });

  test.each(['config', 'profiles', 'supervisor'])('of the group %s lists its commands', async (group) => {
    expect((await run(makeWorld(), group, '-h')).out).toContain(`tunnels ${group} <command>`);
  });
});

describe('a mistyped command line', () => {
  test.each([
    [['stauts'], 'Did you mean status?'],
    [['config', 'lst'], 'Did you mean config list?'],
    [['status', '--jsno'], 'Did you mean --json?'],
    [['config'], 'get, set, unset, list, path'],
    [['config', 'get'], 'config get <key>'],
    [['config', 'get', 'wait', 'more'], '"more"'],
    [['status', '-Z'], 'no option -Z'],
    [['--jsno'], 'Did you mean --json?'],
    [['service', 'install'], 'tunnels service is not there yet'],
    [['service', 'install'], 'tunnels supervisor run'],
  ])('%j ends with 2 and says %s', async (argv, says) => {
    const { code, out, err } = await run(makeWorld(), ...argv);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(says);
    expect(err).toContain('→');
  });

  test('is one JSON document too where JSON was asked for', async () => {
    const { code, json } = await run(makeWorld(), '--json', 'stauts');
    expect(code).toBe(2);
    expect(json()).toMatchObject({ schemaVersion: 1, error: { code: 'command-unknown', exitCode: 2 } });
  });
});

test('global options may stand before the command', async () => {
  expect((await run(makeWorld({ supervisor: null }), '--json', 'status')).json()).toHaveProperty('tunnels', []);
});

test('the version is a line, or a document', async () => {
  expect((await run(makeWorld(), '--version')).out).toMatch(/^\S+\n$/);
  expect((await run(makeWorld(), '--version', '--json')).json()).toHaveProperty('version');
});

test('a supervisor that cannot be started ends the command with 6', async () => {
  const world = makeWorld();
  Object.defineProperty(world, 'supervisor', {
    get() {
      throw new ProblemError(problem('supervisor-died', { why: 'no space' }));
    },
  });
  const { code, err } = await run(world, 'status');
  expect(code).toBe(6);
  expect(err).toContain('no space');
  expect(err).toContain('tunnels supervisor run');
});

test('an error that nobody expected is told as a defect, with its place only with --verbose', async () => {
  const world = makeWorld();
  Object.defineProperty(world, 'supervisor', {
    get() {
      throw new TypeError('x is not a function');
    },
  });
  const plain = await run(world, 'status');
  expect(plain.code).toBe(1);
  expect(plain.err).toContain('x is not a function');
  expect(plain.err).not.toContain('    at ');
  expect((await run(world, 'status', '--verbose')).err).toContain('    at ');
});
