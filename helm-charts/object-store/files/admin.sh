# Runs commands of the SeaweedFS shell, one a word, while nobody else changes the servers. Its own log is left out.
shell() { { echo lock; printf '%s\n' "$@"; echo unlock; } | weed shell -master="$MASTERS" -filer="$FILER" 2>&1 | grep -v -E '^[IW][0-9]{4} ' || true; }
