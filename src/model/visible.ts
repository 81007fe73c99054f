/**
 * Text that others may have written, so that nothing of it acts on a terminal or stays unseen: what is invisible, turns the
 * direction of reading or is no character is shown by its number, as `\u{202e}`.
 */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
