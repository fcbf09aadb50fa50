# Makes the copies that are missing. It can be repeated; each run adds one copy of each object that lacks some.
set -eu
. /etc/anywhere/admin.sh
shell "volume.fix.replication -apply"
