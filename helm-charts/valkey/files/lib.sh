# What the other scripts share. Passwords are read from files and handed on in the environment, never as arguments.
say() { echo "$*" >&2; }
me=$HOSTNAME.$DOMAIN
nodes() { cat /settings/nodes; }

# ask HOST COMMAND…: what a server answers.  sentinel HOST COMMAND…: what the sentinel of a pod answers. They fail when it is an error.
ask() { talk 6379 "$@"; }
sentinel() { talk 26379 "$@"; }
talk() {
  local port=$1 host=$2 status=0 answer
  shift 2
  answer=$(REDISCLI_AUTH=$(cat /auth/node-password) timeout "${PATIENCE:-3}" valkey-cli -e -h "$host" -p "$port" --user anywhere-node --no-auth-warning "$@" 2>&1) || status=1
  printf '%s\n' "$answer" | tr -d '\r'
  return $status
}

# The value of a line NAME:VALUE among the facts on stdin.
fact() { sed -n "s/^$1://p" | head -n 1; }

# The addresses of all pods, ready or not, and of all but this one.
all() { getent ahosts "$DOMAIN" 2>/dev/null | awk '{print $1}' | sort -u; }
others() { all | grep -vxF "$POD_IP" || true; }

# What the sentinels at these addresses say, one a line: EPOCH PRIMARY. The highest epoch is the latest decision. The primary's address
# is asked for by itself: while a sentinel carries out a decision, its facts still show the former one.
opinions() {
  local address
  for address in "$@"; do
    printf '%s\n' "SENTINEL GET-MASTER-ADDR-BY-NAME valkey" "SENTINEL MASTER valkey" | sentinel "$address" | awk '
      NR == 1 {name = $0} key == "config-epoch" {epoch = $0} {key = $0}
      END {if (epoch != "") print epoch, name}'
  done
}
primary_of() { opinions "$@" | sort -n | tail -n 1 | cut -d' ' -f2; }

# Of the facts of a primary: how many replicas are in sync, and how many of these have not said yet that they have everything.
in_sync() { printf '%s\n' "$1" | grep -c '^slave[0-9]*:.*state=online' || true; }
behind() {
  local end
  end=$(printf '%s\n' "$1" | fact master_repl_offset)
  printf '%s\n' "$1" | grep '^slave[0-9]*:.*state=online' | grep -vc "offset=$end," || true
}

# hand_over HOST SECONDS: another server becomes the primary in place of HOST. Writes wait meanwhile, so that none is lost: first the
# replicas get all that was written, then one is chosen. Ends with 0 when HOST is no primary any more.
hand_over() {
  local from=$1 until facts tries chosen
  until=$(($(date +%s) + $2))
  while [ "$(date +%s)" -lt "$until" ]; do
    facts=$(ask "$from" INFO replication) || return 1
    [ "$(printf '%s\n' "$facts" | fact role)" = master ] || return 0
    if [ "$(in_sync "$facts")" = 0 ]; then say "no replica is in sync, so none can take over"; return 1; fi
    tries=0
    while ask "$from" CLIENT PAUSE 12000 WRITE >/dev/null; facts=$(ask "$from" INFO replication); [ "$(behind "$facts")" != 0 ] && [ $tries -lt 30 ]; do
      tries=$((tries + 1)); sleep 0.1
    done
    chosen=
    [ "$(behind "$facts")" != 0 ] || chosen=$(choose "$from" "$(in_sync "$facts")")
    if [ -n "$chosen" ]; then
      ask "$from" REPLICAOF "$chosen" 6379 >/dev/null
      ask "$from" CLIENT UNPAUSE >/dev/null
      sleep 0.3
      ask "$from" CLIENT KILL TYPE normal >/dev/null
      say "$chosen is the primary"
      return 0
    fi
    ask "$from" CLIENT UNPAUSE >/dev/null
    sleep 1
  done
  return 1
}

# choose HOST NUMBER: has a sentinel choose another primary than HOST, and prints its name once it is one. Only when the replicas that
# may be chosen are those that are in sync, so many. Until the sentinel has come to its end, HOST takes no writes.
choose() {
  local address new may old
  old=$(primary_of $(all))
  for address in $(others) $POD_IP; do
    may=$(sentinel "$address" SENTINEL REPLICAS valkey | awk 'key == "flags" && !/down|disconnected/ {n++} {key = $0} END {print n + 0}')
    [ "$may" = "$2" ] || continue
    case $(sentinel "$address" SENTINEL FAILOVER valkey) in OK* | *INPROG*) ;; *) continue ;; esac
    while ask "$1" CLIENT PAUSE 12000 WRITE >/dev/null; do
      new=$(sentinel "$address" SENTINEL GET-MASTER-ADDR-BY-NAME valkey | head -n 1)
      if [ -n "$new" ] && [ "$new" != "$old" ] && [ "$(ask "$new" INFO replication | fact role)" = master ]; then echo "$new"; return; fi
      case $(sentinel "$address" SENTINEL MASTER valkey | awk 'key == "flags" {print; exit} {key = $0}') in
        *failover_in_progress* | "") sleep 0.1 ;;
        *) return ;;
      esac
    done
    return
  done
}
