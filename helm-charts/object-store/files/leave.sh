# Moves all objects off this volume server, then lets the masters forget it. It can be repeated; it ends with 0 when nothing is left here.
set -eu
. /etc/anywhere/admin.sh
self=$POD_NAME.$DOMAIN:8080
left() { find /data -name '*.dat' -o -name '*.ec[0-9][0-9]' | wc -l; }

for try in 1 2 3 4 5 6; do
  [ "$(left)" != 0 ] || break
  shell "volumeServer.evacuate -node $self -apply"
  sleep 3
done
[ "$(left)" = 0 ] || { echo "$(left) files of objects are still on $POD_NAME. The other volume servers have no room for them, or too few are up."; exit 1; }
shell "volumeServer.leave -node $self -apply"
sleep 2
[ "$(left)" = 0 ] || { echo "Objects were written to $POD_NAME while it was leaving. Delete the pod, wait until it is ready, and try again."; exit 1; }
echo "nothing is left on $POD_NAME"
