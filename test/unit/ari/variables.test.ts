import { describe, expect, test } from '@jest/globals';
import { readVariables } from '../../../stasis/ari/variables.ts';

/** Asterisk as far as it reads variables; without EVAL where it is not loaded. */
function asterisk(variables: Readonly<Record<string, string>>, { hasEval = true } = {}) {
  const asked: string[] = [];
  const read = async (name: string) => {
    asked.push(name);
    const inner = /^EVAL\((.*)\)$/s.exec(name)?.[1];
    if (inner === undefined) return variables[name];
    return hasEval ? inner.replace(/\$\{(\w+)\}/g, (_, each: string) => variables[each] ?? '') : undefined;
  };
  return { read, asked };
}

describe('Several variables', () => {
  const variables = { A: '1', B: '|x|', C: '' };

  test('are read by one request, unset ones as nothing', async () => {
    const { read, asked } = asterisk(variables);
    expect(await readVariables(read, ['A', 'B', 'C', 'D'])).toEqual(['1', '|x|', '', '']);
    expect(asked).toHaveLength(1);
  });

  test('are parted by what no value can have known before', async () => {
    const { read, asked } = asterisk(variables);
    await readVariables(read, ['A', 'B']);
    await readVariables(read, ['A', 'B']);
    expect(asked[0]).not.toBe(asked[1]);
  });

  test('are read one by one where Asterisk has no EVAL', async () => {
    const { read, asked } = asterisk(variables, { hasEval: false });
    expect(await readVariables(read, ['A', 'B', 'D'])).toEqual(['1', '|x|', '']);
    expect(asked.slice(1)).toEqual(['A', 'B', 'D']);
  });

  test('fail as the request does', async () => {
    const read = () => Promise.reject(new Error('Asterisk is away'));
    await expect(readVariables(read, ['A'])).rejects.toThrow('Asterisk is away');
  });
});
