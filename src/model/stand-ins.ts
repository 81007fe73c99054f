/**
 * What stands in a document for values that its reader has not given yet, each with the name of its variable. The texts are in
 * no other value of the document, so whatever shows the document can put `${name}` back in their place.
 */
export type StandIns = Readonly<Record<string, string>>;

/** The same data with `${name}` where a value is missing; a number that stands for one becomes a text. */
export function nameStandIns<Value>(value: Value, standIns: StandIns): Value {
  return Object.keys(standIns).length === 0 ? value : (named(value, { standIns, pattern: patternOf(standIns) }) as Value);
}

type Given = { readonly standIns: StandIns; readonly pattern: RegExp };

function named(value: unknown, given: Given): unknown {
  if (typeof value === 'string') return value.replaceAll(given.pattern, (text) => `\${${given.standIns[text] ?? ''}}`);
  if (typeof value === 'number') return Object.hasOwn(given.standIns, String(value)) ? named(String(value), given) : value;
  if (Array.isArray(value)) return value.map((item: unknown) => named(item, given));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item, given)]));
}

/** The longest first, as some begin with others. A number counts only where it is not a part of another one, or of a key. */
function patternOf(standIns: StandIns): RegExp {
  const texts = Object.keys(standIns).toSorted((a, b) => b.length - a.length);
  const whole = texts.map((text) => (/^\d/.test(text) ? `(?<![A-Za-z0-9+/])${text}(?![A-Za-z0-9+/])` : text));
  return new RegExp(whole.join('|'), 'g');
}
