import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillVariables } from '../../src/profiles/compose/fill.ts';
import { mergeDocuments } from '../../src/profiles/compose/merge.ts';
import { dataOf, list, mapping, scalar, type Mapping, type Part, type Plain } from '../../src/profiles/compose/part.ts';
import { declaredVariables } from '../../src/profiles/compose/variables.ts';

const AT = { file: 'x.yaml', line: 1, column: 1 };
const RUNS = { numRuns: 300 };

function partOf(value: unknown): Part {
  if (Array.isArray(value)) return list(value.map(partOf), AT);
  if (typeof value === 'object' && value !== null)
    return mapping(new Map(Object.entries(value).map(([key, each]) => [key, { key: AT, value: partOf(each) }])), AT);
  return scalar(value as Plain, AT);
}
const documentOf = (value: object): Mapping => partOf(value) as Mapping;
const merged = (...documents: object[]): unknown => dataOf(documents.map(documentOf).reduce((near, far) => mergeDocuments(near, far)));

/** Documents of the kinds that profiles have: each key always a text, always a mapping or always a list. */
const text = fc.constantFrom('a', 'b', 'c');
const forward = fc.record({ name: text, local: fc.nat(9), remote: fc.nat(9), to: text, public: fc.boolean() }, { requiredKeys: ['name'] });
const document = fc.record(
  {
    description: text,
    hops: fc.array(text, { maxLength: 3 }),
    keepalive: fc.record({ interval: text, countMax: fc.nat(9) }, { requiredKeys: [] }),
    forwards: fc.uniqueArray(forward, { selector: ({ name }) => name, maxLength: 3 }),
  },
  { requiredKeys: [] },
);

describe('mergeDocuments', () => {
  test('of a document and itself is that document', () => {
    fc.assert(
      fc.property(document, (one) => {
        expect(merged(one, one)).toEqual(one);
      }),
      RUNS,
    );
  });

  test('does not depend on what is merged first', () => {
    fc.assert(
      fc.property(document, document, document, (a, b, c) => {
        const [nearFirst, farFirst] = [
          mergeDocuments(mergeDocuments(documentOf(a), documentOf(b)), documentOf(c)),
          mergeDocuments(documentOf(a), mergeDocuments(documentOf(b), documentOf(c))),
        ];
        expect(dataOf(nearFirst)).toEqual(dataOf(farFirst));
      }),
      RUNS,
    );
  });

  test('with nothing changes nothing, and never takes from the nearer', () => {
    fc.assert(
      fc.property(document, document, (near, far) => {
        expect(merged(near, {})).toEqual(near);
        expect(merged({}, near)).toEqual(near);
        expect(merged(near, far)).toMatchObject(Object.fromEntries(Object.entries(near).filter(([key]) => key !== 'forwards')));
      }),
      RUNS,
    );
  });

  test('keeps forwards without a name apart, and those of one name in one file', () => {
    expect(merged({ forwards: [{ local: 1 }] }, { forwards: [{ local: 1 }, { name: 'a' }, { name: 'a', to: 'x' }] })).toEqual({
      forwards: [{ local: 1 }, { name: 'a' }, { name: 'a', to: 'x' }, { local: 1 }],
    });
    expect(merged({ forwards: [{ name: 'a', to: 'y' }, { name: 'a' }] }, { forwards: [{ name: 'a' }] })).toEqual({
      forwards: [{ name: 'a', to: 'y' }, { name: 'a' }],
    });
  });

  test('takes any two documents, and what every object has for keys like others', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (near, far) => {
        const keys = Object.keys(merged(near, far) as object);
        expect(new Set(keys)).toEqual(new Set([...Object.keys(near), ...Object.keys(far)]));
      }),
      RUNS,
    );
    expect(JSON.stringify(merged(JSON.parse('{"__proto__":{"a":1}}') as object, {}))).toBe('{"__proto__":{"a":1}}');
  });
});

describe('fillVariables', () => {
  const fill = (value: object, variables: object) => {
    const declared = declaredVariables([documentOf({ variables })]).variables;
    const { root, errors, unset } = fillVariables(documentOf(value), declared);
    return { data: dataOf(root), errors: errors.length, unset: unset.map(({ name }) => name) };
  };

  test('leaves whatever holds no variable as it is', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        fc.pre(!JSON.stringify(value).includes('${'));
        expect(fill(value, { a: 'x' })).toEqual({ data: value, errors: 0, unset: [] });
      }),
      RUNS,
    );
  });

  test('takes any text for text once every ${ of it is escaped', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('$', '{', '}', '${', 'a', '${a}', '$$')).map((parts) => parts.join('')),
        (plain) => {
          // A dollar before a ${ would make an escape of what is one already.
          fc.pre(!plain.includes('$${'));
          expect(fill({ text: plain.replaceAll('${', () => '$${') }, { a: 'x' })).toEqual({ data: { text: plain }, errors: 0, unset: [] });
        },
      ),
      RUNS,
    );
  });

  test('puts values in as they are: what looks like a variable or a pattern in them is not looked into', () => {
    expect(fill({ text: '<${a}>' }, { a: '$& $1 $$' }).data).toEqual({ text: '<$& $1 $$>' });
  });

  test('leaves a variable without a value as it is written, and says so', () => {
    expect(fill({ to: '${host}:${port}', local: '${port}' }, { host: null, port: 5 })).toEqual({
      data: { to: '${host}:5', local: 5 },
      errors: 0,
      unset: ['host'],
    });
  });

  test('makes a number only where a number is taken and nothing else is in the text', () => {
    const of = (value: unknown) => fill({ port: '${v}', user: '${v}', local: '127.0.0.1:${v}' }, { v: value }).data;
    expect(of('22')).toEqual({ port: 22, user: '22', local: '127.0.0.1:22' });
    expect(of(22)).toEqual({ port: 22, user: '22', local: '127.0.0.1:22' });
    expect(of('022')).toMatchObject({ port: '022' });
    expect(of(true)).toMatchObject({ port: true, user: 'true' });
  });
});
