import type { Scope } from './compose/reader.ts';
import type { FoundProfile } from './find-profiles.ts';
import type { LoadedProfile } from './load-profile.ts';

/** `project`: a repository's `.tunnels/`. `user`: the user's own folder. */
export type SourceKind = 'project' | 'user';

export type Source = {
  readonly kind: SourceKind;
  readonly directory: string;
  /** What others may have written is used only after a person has approved it, again after every change. */
  readonly needsTrust: boolean;
};

export const projectSource = (directory: string): Source => ({ kind: 'project', directory, needsTrust: true });
export const userSource = (directory: string): Source => ({ kind: 'user', directory, needsTrust: false });

/** What an approval is about: where the profile comes from and the bytes that were read (not the file as it is by now). */
export const sourceOf = (found: FoundProfile, loaded: LoadedProfile): Source & { readonly sha256: string } => ({
  ...found.source,
  sha256: loaded.sha256,
});

/** Where the files of a profile may lie. Only the user's own links may lead anywhere, as into a folder of dotfiles. */
export const scopeOf = ({ directory, needsTrust }: Source): Scope => ({ folder: directory, linksMayLeave: !needsTrust });
