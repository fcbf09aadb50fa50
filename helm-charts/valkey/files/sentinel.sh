#!/bin/sh
# Writes the sentinel's settings anew around what it has learnt, then becomes the sentinel. Without anything learnt it asks the others;
# when nobody knows, this is a new service, and the first server is the primary.
set -eu
# Files belong to the group of the volume too: a platform that gives user ids may give another one.
umask 007
. /settings/lib.sh
folder=/data/sentinel
mkdir -p $folder
learnt=$(grep -E '^sentinel (monitor|config-epoch|leader-epoch|current-epoch|known-replica|known-slave|known-sentinel) ' $folder/sentinel.conf 2>/dev/null || true)
case $learnt in
  *"sentinel monitor valkey "*) ;;
  *)
    primary=$(PATIENCE=2 primary_of $(others))
    primary=${primary:-${HOSTNAME%-*}-0.$DOMAIN}
    # One server that becomes three learns of the sentinels' user from a Job. A sentinel would not ask again once it was sent away.
    while ask "$primary" PING | grep -qE "NOAUTH|WRONGPASS"; do say "waiting until $primary knows the sentinels"; sleep 2; done
    learnt="sentinel monitor valkey $primary 6379 2"
    # No replica is told here, though the names are known: until the primary has named those that follow it, the sentinels must not choose
    # one, for it may be empty. They ask it ten seconds after they began.
    ;;
esac
hash() { printf %s "$(cat "/auth/$1")" | sha256sum | cut -d' ' -f1; }
# Two sentinels that vote for themselves at the same moment choose nobody. Each tries again after twice this time, and up to a second
# more: from 6.0, 7.2, 8.4 s on, so that they do not do so again. A choice that began and does not end is given up after it as well.
retry=$((3000 + ${HOSTNAME##*-} % 5 * 600))
quorum=$(($(nodes) / 2 + 1))
{
  cat <<END
port 26379
bind * -::*
protected-mode no
dir $folder
user anywhere-node on #$(hash node-password) ~* &* +@all
user default on #$(hash sentinel-password) &* -@all +@connection -@dangerous +subscribe +psubscribe +unsubscribe +punsubscribe +info +role +sentinel|masters +sentinel|master +sentinel|primaries +sentinel|primary +sentinel|slaves +sentinel|replicas +sentinel|sentinels +sentinel|get-master-addr-by-name +sentinel|get-primary-addr-by-name +sentinel|ckquorum +sentinel|myid
sentinel sentinel-user anywhere-node
sentinel sentinel-pass $(cat /auth/node-password)
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip $me
sentinel announce-port 26379
sentinel myid $(printf %s "$me" | sha1sum | cut -c1-40)
END
  printf '%s\n' "$learnt" | awk -v quorum=$quorum '$2 == "monitor" {$6 = quorum} {print ($2 == "monitor" ? 0 : 1) "\t" $0}' | sort -s -n | cut -f2-
  cat <<END
sentinel auth-user valkey anywhere-node
sentinel auth-pass valkey $(cat /auth/node-password)
sentinel down-after-milliseconds valkey $DOWN_AFTER
sentinel failover-timeout valkey $retry
sentinel parallel-syncs valkey 1
sentinel deny-scripts-reconfig yes
END
} >$folder/sentinel.conf.new
mv $folder/sentinel.conf.new $folder/sentinel.conf
# Without it the addresses of the others would grow old: the sentinel ends with it, and begins anew.
(sh /settings/names.sh || :; kill 1) &
exec valkey-sentinel $folder/sentinel.conf
