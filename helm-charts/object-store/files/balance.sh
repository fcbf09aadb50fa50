# Moves objects from full volume servers to emptier ones. It can be repeated; servers that are nearly empty are left alone.
set -eu
. /etc/anywhere/admin.sh
shell "volume.balance -apply"
