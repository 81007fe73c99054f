// Takes the place of the package `string-width` in the bundle. That one compiles a pattern of all emoji when it is
// loaded, which costs every command about 15 ms, and yargs needs it only to lay out our own help texts.
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[[0-9;]*m/g;

export default function stringWidth(text) {
  return [...String(text).replaceAll(COLOUR, '')].length;
}
