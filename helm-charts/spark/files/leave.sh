#!/bin/bash
# Before a worker stops: SIGPWR makes it take no more work and hand over what its executors hold; they end when that is done.
#
#   leave.sh SECONDS      wait so long at most
kill -s PWR 1
sleep 2
for _ in $(seq "$1"); do
  grep -lsz CoarseGrainedExecutorBackend /proc/[0-9]*/cmdline >/dev/null || exit 0
  sleep 1
done
