import { basename } from 'node:path';
import type { Scope } from './compose/reader.ts';
import type { FoundProfile } from './find-profiles.ts';
import type { LoadedProfile } from './load-profile.ts';

/** `project`: a repository's `.tunnels/`. `user`: the user's own folder. `team`: a source that the user has added. */
export type SourceKind = 'project' | 'user' | 'team';

export type Source = {
  readonly kind: SourceKind;
  readonly directory: string;
  /** What others may have written is used only after a person has approved it, again after every change. */
  readonly needsTrust: boolean;
  /** Of a team's source only: its name, and the state (a commit, or a hash) whose files these are; null: read in place. */
  readonly team?: Team;
};

/** `signed`: its states are used only where one of the keys that it was added with has signed them. */
export type Team = { readonly name: string; readonly id: string | null; readonly signed: boolean };

export const projectSource = (directory: string): Source => ({ kind: 'project', directory, needsTrust: true });
export const userSource = (directory: string): Source => ({ kind: 'user', directory, needsTrust: false });

export const teamSource = ({
  directory,
  ...team
}: Team & {
  readonly directory: string;
}): Source => ({
  kind: 'team',
  directory,
  needsTrust: true,
  team,
});

/**
 * What an approval is kept under: the file, or where its folder is another one with every commit, the source and the name.
 * So an approval outlives the commits that leave the profile as it is.
 */
export const approvalKey = ({ file, source: { team } }: Pick<FoundProfile, 'file' | 'source'>): string =>
  team === undefined || team.id === null ? file : sourceKey(team, basename(file));

/** The key of a file of a source whose states lie in folders of their own. */
export const sourceKey = ({ name }: Pick<Team, 'name'>, file: string): string => `source:${name}/${file}`;

/** How people are told of it. */
export const printSource = ({ kind, team }: Source): string => (team === undefined ? kind : `team:${team.name}`);

/** What an approval is about: where the profile comes from and the bytes that were read (not the file as it is by now). */
export const sourceOf = (found: FoundProfile, loaded: LoadedProfile): Source & { readonly sha256: string } => ({
  ...found.source,
  sha256: loaded.sha256,
});

/**
 * Where the files of a profile may lie. Only the user's own links may lead anywhere, as into a folder of dotfiles. A state of
 * a team's source has no links, as we wrote it, so none are looked for: that would cost a list of a thousand a fifth of its time.
 */
export const scopeOf = ({ directory, needsTrust, team }: Source): Scope => ({
  folder: directory,
  linksMayLeave: !needsTrust || typeof team?.id === 'string',
});
