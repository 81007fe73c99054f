/** `name_of UID` prints `name UID NAME`. A directory service may hang, so it has a second. */
export const NAME_OF = `
name_of() {
  name=$(sed -n "s/^\\([^:]*\\):[^:]*:$1:.*/\\1/p" /etc/passwd 2>/dev/null | head -n 1)
  [ -n "$name" ] || name=$(timeout 1 getent passwd "$1" 2>/dev/null | cut -d : -f 1)
  echo "name $1 $name"
}
`;
