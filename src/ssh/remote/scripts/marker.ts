/**
 * The directory of owner markers, in `$folder`: made if need be, and only if nobody else can have a hand in it (a directory
 * of ours, no link, not writable by others). `is_ours TYPE PATH` holds for a file or directory of that type.
 */
const FOLDER = `
me=$(id -u)
is_ours() {
  type=$1 path=$2
  [ -h "$path" ] && return 1
  set -- $(ls -ldn -- "$path" 2>/dev/null)
  [ "$3" = "$me" ] || return 1
  size=$5
  case $1 in "$type"????-??-?*) return 0 ;; esac
  return 1
}
base=\${XDG_CACHE_HOME:-$HOME/.cache}
case $base in /*) ;; *) exit ;; esac
folder=$base/tunnels
`;

/** Arguments: the marker's name. Writes \`$input\`, whole or not at all: \`marker written\`. */
export const WRITE_MARKER = `${FOLDER}
umask 077
mkdir -p "$folder" 2>/dev/null
is_ours d "$folder" || exit
rm -f "$folder/.$2.$$"
set -C
printf '%s\\n' "$input" >"$folder/.$2.$$" && mv -f "$folder/.$2.$$" "$folder/$2" && echo "marker written"
`;

/** Arguments: the marker's name, and what it must begin with to be taken away (in \`$input\`). \`marker removed\` when none is left. */
export const REMOVE_MARKER = `${FOLDER}
is_ours d "$folder" || { [ -e "$folder" ] || echo "marker removed"; exit; }
[ -e "$folder/$2" ] || { echo "marker removed"; exit; }
is_ours - "$folder/$2" || exit
{ read -r line <"$folder/$2"; } 2>/dev/null
[ "$line" = "$input" ] && rm -f "$folder/$2" && echo "marker removed"
`;

/** \`read_marker NAME\`: \`marker TEXT\`, its first line, if it is a plain file that only we can have written; at most 2 KB of it. */
export const READ_MARKER = `
read_marker() (
  ${FOLDER.trim().replaceAll('\n', '\n  ')}
  is_ours d "$folder" && is_ours - "$folder/$1" && [ "$size" -le 2048 ] || exit
  { read -r line <"$folder/$1"; } 2>/dev/null && printf 'marker %s\\n' "$line"
)
`;
