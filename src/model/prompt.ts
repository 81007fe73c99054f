import * as v from 'valibot';

/** A server, as a question names it. */
export type Asker = { readonly host: string; readonly port: number; readonly user: string };

/** What only a person can say. The answer is one string for each field that `fieldsOf` gives. */
export type Question =
  /** To unlock a private key. */
  | ({ readonly is: 'passphrase'; readonly path: string; readonly fingerprint: string | null } & Again)
  | ({ readonly is: 'password' } & Again & Asker)
  /** Keyboard-interactive (RFC 4256): one-time codes, changed passwords. `name` and `instruction` may be empty. `again`: the answers before were refused. */
  | ({
      readonly is: 'questions';
      readonly name: string;
      readonly instruction: string;
      readonly questions: readonly Field[];
      readonly again?: boolean;
    } & Asker)
  /** A server's key that nobody has vouched for yet. The answer is `yes`, or the fingerprint, as in ssh(1). */
  | ({ readonly is: 'host-key'; readonly type: string; readonly fingerprint: string } & Asker);

/** `again`: what was answered before was wrong. `remembered`: that was not answered just then, but remembered from before. */
type Again = { readonly again: boolean; readonly remembered?: boolean };

export type Field = { readonly text: string /** Whether what is typed may be shown. */; readonly echo: boolean };

/** Something that a person has to do, other than to answer. */
export type Notice = { readonly is: 'touch'; readonly key: string } & Asker;

/** How long an answer may be kept: for this one use, for the supervisor's life, or in the system's keychain. */
export const REMEMBER_WORDS = ['supervisor', 'keychain'] as const;
export type Remember = (typeof REMEMBER_WORDS)[number];

/** A question that waits for its answer, as clients see it: `GET /v1/prompts` and the event `prompt`. */
export const PromptSchema = v.object({
  /** Unique in the supervisor's life. */
  id: v.string(),
  /** `passphrase`, `password`, `questions` or `host-key`; a newer supervisor may know more. */
  is: v.string(),
  /** What is asked, in words. */
  title: v.string(),
  /** What the server says about it, or that the last answer was wrong; may be empty and have several lines. */
  detail: v.string(),
  /** One answer for each, in this order. */
  fields: v.array(v.object({ text: v.string(), echo: v.boolean() })),
  /** How an answer to it may be remembered. */
  remember: v.array(v.picklist(REMEMBER_WORDS)),
  /** What it is about, such as `host`, `port`, `user`, `path`, `type`, `fingerprint`. */
  about: v.record(v.string(), v.union([v.string(), v.number()])),
  /** The tunnels that wait for the answer. */
  tunnels: v.array(v.string()),
  since: v.string(),
});
export const PromptsSchema = v.object({ schemaVersion: v.literal(1), prompts: v.array(PromptSchema) });

export type Prompt = v.InferOutput<typeof PromptSchema>;
export type Prompts = v.InferOutput<typeof PromptsSchema>;
