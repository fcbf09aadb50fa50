#!/bin/sh
# alive.sh PATTERN: whether the server's answer to PING is one of these. A server that loads its data, or runs a long script, answers too.
. /settings/lib.sh
PATIENCE=8 ask 127.0.0.1 PING | grep -q -E "$1"
