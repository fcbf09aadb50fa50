# How the other scripts speak to the object store, through the container beside them (store.sh). Sourced.
exchange=/exchange patience=600

# exchange PUT|GET|DELETE KEY, exchange LIST PREFIX AFTER: sets status, and leaves what came in $carried. What is sent lies there before.
begin_exchange() { id=$exchange/$BASHPID-$RANDOM$RANDOM carried=$id.data; }
exchange() {
  local waited=0
  status=000
  echo "$*" >"$id.new"
  mv "$id.new" "$id.ask"
  until [ -e "$id.said" ]; do
    [ $waited -lt $((patience * 10)) ] || { rm -f "$id".*; return 1; }
    waited=$((waited + 1))
    sleep 0.1
  done
  status=$(cat "$id.said")
  rm -f "$id.said"
  [[ $status = 2* ]]
}
end_exchange() { rm -f "$id".*; }

# Prints every key that begins with PREFIX.
keys() {
  local after= found
  begin_exchange
  while exchange LIST "$1" $after; do
    found=$(grep -o '<Key>[^<]*</Key>' "$carried" | sed 's/<[^>]*>//g') || true
    [ -z "$found" ] || echo "$found"
    grep -q '<IsTruncated>true</IsTruncated>' "$carried" || { end_exchange; return 0; }
    after=$(tail -1 <<<"$found")
  done
  end_exchange
  echo "the object store did not list what it has (status $status)" >&2
  return 1
}
