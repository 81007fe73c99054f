import * as v from 'valibot';

/** A binding that we held on an account whose server tells nothing of our sessions. It names no process, so it proves nothing. */
export const HeldNoteSchema = v.object({
  /** Fingerprint of the server's host key: the server, whatever the way there. */
  hostKey: v.string(),
  user: v.string(),
  /** The binding's printed address. */
  listen: v.string(),
  /** When the server last heard from the connection that held it, at the latest; ms. Null: it holds it still. */
  diedAt: v.nullable(v.number()),
});

export type HeldNote = v.InferOutput<typeof HeldNoteSchema>;

export const heldKey = ({ hostKey, user, listen }: Omit<HeldNote, 'diedAt'>): string => [hostKey, user, listen].join(' ');
