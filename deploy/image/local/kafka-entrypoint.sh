#!/usr/bin/env bash
# As the published image does: KAFKA_LOG_DIRS is log.dirs, and so on; the directory is made ready once.
set -euo pipefail
settings=$(mktemp)
env | grep '^KAFKA_' | grep -v '^KAFKA_HEAP_OPTS=' | while IFS== read -r name value; do
  name=${name#KAFKA_}
  name=${name,,}
  echo "${name//_/.}=$value"
done > "$settings"
read -ra flags < /opt/kafka/jvm-flags
java=(/opt/java/bin/java "${flags[@]}" ${KAFKA_HEAP_OPTS:--Xmx512m} -cp '/opt/kafka/libs/*' -Dlog4j2.configurationFile=/opt/kafka/log4j2.properties)
"${java[@]}" kafka.tools.StorageTool format --ignore-formatted --cluster-id "${CLUSTER_ID:-Q291bnRlcm1hbmQtbG9jYQ}" -c "$settings"
exec "${java[@]}" kafka.Kafka "$settings"
