#!/bin/sh
# Carries files between this pod and the object store, for the scripts that have no curl. A request is a file ID.ask in /exchange with
# the words PUT|GET|DELETE KEY, or LIST PREFIX AFTER; the answer is a file ID.said with the status (000: no answer), and ID.data has what
# is carried.
set -u
umask 007
bound=/bindings/object-store
trap 'exit 0' TERM INT

value() { cat "$bound/$1"; }
quoted() { value "$1" | sed 's/[\\"]/\\&/g'; }
encoded() { printf '%s' "$1" | sed 's/%/%25/g; s|/|%2F|g; s/+/%2B/g; s/ /%20/g'; }

# Keys are in a file in memory: never an argument, never in a log.
request() {
  settings=/memory/$1
  shift
  printf 'user = "%s:%s"\naws-sigv4 = "aws:amz:%s:s3"\n' "$(quoted access-key-id)" "$(quoted secret-access-key)" "$(value region)" >"$settings"
  code=$(curl -K "$settings" --silent --show-error --connect-timeout 10 --speed-limit 1000 --speed-time 60 --write-out '%{http_code}' "$@")
  rm -f "$settings"
  echo "${code:-000}"
}

base() {
  endpoint=$(value endpoint) bucket=$(value bucket)
  endpoint=${endpoint%/}
  if [ "$(cat "$bound/path-style" 2>/dev/null)" = false ]; then echo "${endpoint%%://*}://$bucket.${endpoint#*://}"; else echo "$endpoint/$bucket"; fi
}

carry() {
  id=${1##*/}
  read -r verb key after <"$1.doing"
  case $verb in
    PUT) code=$(request "$id" --output /dev/null --upload-file "$1.data" "$(base)/$key") ;;
    GET) code=$(request "$id" --output "$1.data" "$(base)/$key") ;;
    DELETE) code=$(request "$id" --output /dev/null --request DELETE "$(base)/$key") ;;
    LIST) code=$(request "$id" --output "$1.data" "$(base)?list-type=2&prefix=$(encoded "$key")${after:+&start-after=$(encoded "$after")}") ;;
    *) code=400 ;;
  esac
  case $code in 2?? | 404) ;; *) echo "store: $verb $key: status $code" >&2 ;; esac
  rm -f "$1.doing"
  echo "$code" >"$1.new"
  mv "$1.new" "$1.said"
}

rm -f /exchange/*
while true; do
  for ask in /exchange/*.ask; do
    [ -e "$ask" ] || continue
    mv "$ask" "${ask%.ask}.doing" && carry "${ask%.ask}" &
  done
  sleep 0.2
done
