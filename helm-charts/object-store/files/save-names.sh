# Prints the names of all objects, packed, and where each lies.
set -eu
. /etc/anywhere/admin.sh
file=/tmp/names-$$.meta.gz
trap 'rm -f "$file"' EXIT
shell "fs.meta.save -o $file /" >&2
[ -s "$file" ] || { echo "nothing was saved" >&2; exit 1; }
cat "$file"
