/**
 * Needs NAME_OF. `file PATH`: what lies where a Unix socket shall listen. Nothing where the directory may not be searched.
 *
 *     uid 1001                ours
 *     file socket 1001        socket, other (a symbolic link too), missing or no-directory; and its owner's uid
 *     ss u_str LISTEN ... users:(("node",pid=1,fd=2))    ss(8) names only processes of our own
 *     name 1002 bob           of a uid that is not ours
 */
export const FILE = `
file() {
  me=$(id -u)
  echo "uid $me"
  folder=\${1%/*}
  if [ ! -d "\${folder:-/}" ]; then
    # A directory that may not be reached looks like a missing one.
    while [ -n "$folder" ] && [ ! -d "$folder" ]; do folder=\${folder%/*}; done
    [ -x "\${folder:-/}" ] && echo "file no-directory"
    return
  fi
  [ -x "\${folder:-/}" ] || return
  if [ -h "$1" ]; then kind=other
  elif [ -S "$1" ]; then kind=socket
  elif [ -e "$1" ]; then kind=other
  else echo "file missing"; return
  fi
  [ "$kind" = other ] || ss -xlpH 2>/dev/null | while read -r line; do
    case $line in *" $1 "*) echo "ss $line" ;; esac
  done
  set -- $(ls -ldn -- "$1" 2>/dev/null)
  echo "file $kind $3"
  [ "$3" = "$me" ] || name_of "$3"
}
`;
