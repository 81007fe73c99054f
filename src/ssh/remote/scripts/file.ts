/**
 * `file PATH`: what lies where a Unix socket shall listen. Nothing where the directory may not be searched.
 *
 *     uid 1001                ours
 *     file socket 1001        socket, other (a symbolic link too), missing or no-directory; and its owner's uid
 */
export const FILE = `
file() {
  echo "uid $(id -u)"
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
  set -- $(ls -ldn -- "$1" 2>/dev/null)
  echo "file $kind $3"
}
`;
