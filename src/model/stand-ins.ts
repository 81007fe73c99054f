/**
 * What stands in a document for values that its reader has not given yet, each with the name of its variable. The texts are in
 * no other value of the document, so whatever shows the document can put `${name}` back in their place.
 */
export type StandIns = Readonly<Record<string, string>>;

/** The same data with `${name}` where a value is missing; a number that stands for one becomes a text. */
export function nameStandIns<Value>(value: Value, standIns: StandIns): Value {
  if (Object.keys(standIns).length === 0) return value;
  return replaced(value, { pattern: patternOf(standIns), textFor: (text) => `\${${standIns[text] ?? ''}}` }) as Value;
}

/** The same data with these values in place of what stood for them; where there is none it stays. */
export function fillStandIns(document: unknown, standIns: StandIns, values: Readonly<Record<string, string>>): unknown {
  const known = Object.entries(standIns).filter(([, name]) => Object.hasOwn(values, name));
  if (known.length === 0) return document;
  const byText: Readonly<Record<string, string>> = Object.fromEntries(known.map(([text, name]) => [text, values[name] ?? '']));
  return replaced(document, { pattern: patternOf(byText), textFor: (text) => byText[text] ?? text });
}

type Given = { readonly pattern: RegExp; readonly textFor: (standIn: string) => string };

function replaced(value: unknown, given: Given): unknown {
  if (typeof value === 'string') return value.replaceAll(given.pattern, given.textFor);
  if (typeof value === 'number') return ofNumber(value, given);
  if (Array.isArray(value)) return value.map((item: unknown) => replaced(item, given));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, given)]));
}

/** Stays a number where it can. */
function ofNumber(value: number, given: Given): unknown {
  const text = replaced(String(value), given) as string;
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** The longest first, as some begin with others. A number counts only where it is not a part of another one, or of a key. */
function patternOf(standIns: StandIns): RegExp {
  const texts = Object.keys(standIns).toSorted((a, b) => b.length - a.length);
  const whole = texts.map((text) => (/^\d/.test(text) ? `(?<![A-Za-z0-9+/])${text}(?![A-Za-z0-9+/])` : text));
  return new RegExp(whole.join('|'), 'g');
}
