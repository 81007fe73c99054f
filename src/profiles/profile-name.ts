/** `db-prod.yaml` is the profile `db-prod`. */
export const withoutExtension = (name: string): string => name.replace(EXTENSION, '');

/** True for a name that says it is a profile's file. */
export const hasExtension = (name: string): boolean => EXTENSION.test(name);

const EXTENSION = /\.(ya?ml|json)$/;
