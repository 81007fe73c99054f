import { describe, expect, test } from 'vitest';
import { promptOf } from '../../src/model/prompt-words.ts';

const at = { host: 'srv', port: 22, user: 'ann' };

describe('the questions of a server', () => {
  test('keep their words and lines', () => {
    const questions = [{ text: 'Überprüfung: ', echo: true }];
    const asked = promptOf({ is: 'questions', ...at, name: 'Bank', instruction: 'Say\r\n\twho', questions });
    expect(asked).toMatchObject({ detail: 'Bank\nSay\n\twho', fields: questions });
  });

  test('begin with the word that what was answered before was refused', () => {
    const again = promptOf({ is: 'questions', ...at, name: '', instruction: 'Bank', questions: [], again: true });
    expect(again.detail).toBe('What was answered before was refused.\nBank');
  });

  test('lose what could steer a terminal or turn the reading round, and what is too long', () => {
    const evil = '\u001b[2J\u009b1A\u0007\u0000\r\u202e';
    const asked = promptOf({
      is: 'questions',
      ...at,
      name: evil,
      instruction: 'x'.repeat(9_000),
      questions: [{ text: `${evil}Code`, echo: false }],
    });
    expect(JSON.stringify(asked)).not.toMatch(/\\u00|\\r|[\u0080-\u009f\u202e]/);
    expect(asked.fields).toEqual([{ text: '?[2J?1A????Code', echo: false }]);
    expect(asked.detail.length).toBeLessThanOrEqual(4_000);
  });
});
