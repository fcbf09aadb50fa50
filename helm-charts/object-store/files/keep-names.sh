# Keeps the names of all objects on the disk of this volume server, or gives them back to the filer: keep-names.sh save | load
set -eu
kept=/data/names.gz
case $1 in
  save)
    sh /etc/anywhere/save-names.sh >$kept.part
    mv $kept.part $kept
    echo "$POD_NAME keeps the names of $(date -u '+%F %T') UTC"
    ;;
  load)
    [ -s $kept ] || { echo "$POD_NAME keeps no names. Another volume server may: run \`sh /etc/anywhere/keep-names.sh load\` in its pod." >&2; exit 1; }
    sh /etc/anywhere/load-names.sh <$kept
    echo "the filer has the names of $(date -u -r $kept '+%F %T') UTC"
    ;;
esac
