#!/bin/bash
# Brings about what is declared: users with their passwords and rights, topics with their settings. May be repeated; removes nothing.
# Each line of DECLARATIONS is one of:
#   cluster-wide NAME VALUE | user NAME SECRET | allow USER topic|group NAME OPERATIONS | topic NAME PARTITIONS REPLICAS | setting TOPIC NAME=VALUE
set -euo pipefail
umask 077
mkdir -p /tmp/run /tmp/logs
. /etc/kafka/settings/admin.sh
printf '%s\n' security.protocol=SASL_PLAINTEXT sasl.mechanism=PLAIN \
  "sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username=\"node\" password=\"$(cat /etc/kafka/auth/internal-password)\";" >$login

until kafka broker-api-versions >/dev/null 2>&1; do say "waiting for the nodes"; sleep 3; done

topics=$(kafka topics --list)
while read -r what name first second; do
  case $what in
    cluster-wide)
      say "every broker: $name=$first"
      kafka configs --alter --entity-type brokers --entity-default --add-config "$name=$first" >/dev/null ;;
    user)
      say "user $name"
      # From a file, so that the password stands on no command line; what the command says of it goes into no log.
      printf 'SCRAM-SHA-512=iterations=8192,password=%s\n' "$(cat "/etc/kafka/auth/$first")" >/tmp/run/user.properties
      kafka configs --alter --entity-type users --entity-name "$name" --add-config-file /tmp/run/user.properties 2>&1 >/dev/null |
        sed 's/password=.*/password=…/' >&2
      rm /tmp/run/user.properties ;;
    allow)
      say "$name may ${second#* } $first ${second%% *}"
      operations=()
      for operation in $(echo "${second#* }" | tr , ' '); do operations+=(--operation "$operation"); done
      resource=${second%% *} pattern=literal
      case $resource in ?*'*') resource=${resource%'*'} pattern=prefixed ;; esac
      kafka acls --add --allow-principal "User:$name" "${operations[@]}" "--$first" "$resource" --resource-pattern-type $pattern >/dev/null ;;
    topic)
      if ! grep -qxF "$name" <<<"$topics"; then
        say "topic $name"
        kafka topics --create --if-not-exists --topic "$name" --partitions "$first" --replication-factor "$second" >/dev/null
      else
        now=$(kafka topics --describe --topic "$name" | sed -n 's/.*PartitionCount: \([0-9]*\).*/\1/p')
        if [ "$now" -lt "$first" ]; then
          say "topic $name: $now to $first partitions"
          kafka topics --alter --topic "$name" --partitions "$first" >/dev/null
        fi
      fi ;;
    setting)
      say "topic $name: $first"
      kafka configs --alter --entity-type topics --entity-name "$name" --add-config "$first" >/dev/null ;;
  esac
done <<<"$DECLARATIONS"
say "all that is declared is there"
