/** What may be wrong with `extends`, `variables` and what a person overrides. */
export type ComposeFacts = {
  'extends-absent': { readonly text: string; readonly nearest: string };
  'extends-leaves': { readonly text: string };
  'extends-circle': { readonly chain: string };
  'extends-deep': { readonly chain: string; readonly most: number };
  'extends-in-defaults': Record<string, never>;
  'config-unseen': { readonly text: string };
  'known-hosts-key': Record<string, never>;
  'variable-name': { readonly name: string };
  'variable-value': { readonly name: string };
  'variable-nested': { readonly name: string };
  'variable-unknown': { readonly name: string; readonly nearest: string };
  'variable-unset': { readonly name: string; readonly profile: string };
  'variable-syntax': { readonly text: string };
  'variables-too-long': { readonly most: number };
  'override-variable': { readonly key: string };
  'override-value': { readonly name: string };
  'override-profile': { readonly name: string; readonly nearest: string };
  'override-forward': { readonly name: string; readonly nearest: string; readonly profile: string };
  'override-listen': { readonly name: string; readonly key: string };
  'override-unused-variable': { readonly name: string; readonly nearest: string; readonly profile: string };
  'override-host': { readonly name: string; readonly profile: string };
};

const meant = (nearest: string): string => (nearest === '' ? '' : ` Did you mean ${nearest}?`);

export const COMPOSE_WORDS: { readonly [Code in keyof ComposeFacts]: (facts: ComposeFacts[Code]) => string } = {
  'extends-absent': (f) => `extends names ${f.text}, and there is no such profile in this folder.${meant(f.nearest)}`,
  'extends-leaves': (f) =>
    `extends names ${f.text}, which lies outside of the folder of these profiles, so it is not read. Put the base itself here.`,
  'config-unseen': (f) =>
    `${f.text} could change without asking you again, as it is not part of what you trust, and an ssh_config can run any program. Write its settings under sshOptions, or let everybody put them into their own ~/.ssh/config.`,
  'known-hosts-key': () =>
    'Host keys for all profiles of a folder go into a file known_hosts beside them, as ssh writes it; for one hop there is hostKey.',
  'extends-circle': (f) => `extends goes in a circle: ${f.chain}. Remove one of them.`,
  'extends-deep': (f) => `extends goes deeper than ${f.most} bases: ${f.chain}. Put what they share into fewer files.`,
  'extends-in-defaults': () => 'The defaults of a folder extend nothing. Write here what they share, or let the profiles extend it.',
  'variable-name': (f) =>
    `"${f.name}" cannot be the name of a variable. Use letters, digits, dashes and underscores, beginning with a letter.`,
  'variable-value': (f) =>
    `The variable ${f.name} must be a text, a number, true or false; leave it empty where everybody has to give one.`,
  'variable-nested': (f) =>
    `The variable ${f.name} uses a variable, and none may. Write the value out, or $\${ where those characters are meant.`,
  'variable-unknown': (f) =>
    `The variable ${f.name} is not declared.${meant(f.nearest)} Add it to variables:, or write $\${${f.name}} where those characters are meant; the environment is never read.`,
  'variable-unset': (f) =>
    `The variable ${f.name} has no value, and it is used. Give it yours in overrides.yaml (beside what tunnels config path prints), under profiles: ${f.profile}: variables:.`,
  'variable-syntax': (f) => `"${f.text}" is not a variable. Write \${name}, or $\${ where those characters are meant.`,
  'variables-too-long': (f) => `With its variables filled in, the profile has more than ${f.most} characters. Use shorter values.`,
  'override-variable': (f) => `${f.key} uses a variable, and nothing here may. Write the value out.`,
  'override-value': (f) => `The value of ${f.name} must be a text, a number, true or false.`,
  'override-profile': (f) => `There is no profile ${f.name}, so this changes nothing.${meant(f.nearest)}`,
  'override-forward': (f) => `The profile ${f.profile} has no forward ${f.name}, so this changes nothing.${meant(f.nearest)}`,
  'override-listen': (f) => `The forward ${f.name} has no ${f.key}, so this changes nothing.`,
  'override-unused-variable': (f) => `The profile ${f.profile} has no variable ${f.name}, so this changes nothing.${meant(f.nearest)}`,
  'override-host': (f) => `The profile ${f.profile} has no hop ${f.name}, so this changes nothing.`,
};
