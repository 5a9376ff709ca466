#!/bin/sh
# Change the version of deploy/compose.fleet.yaml without a pause: each process is replaced alone, and the next one only when
# this one is healthy. Run it in the project's folder, after `git pull`; a service as argument updates that one alone.
# After a failure it stops: the processes that it has not touched still run the version of before.
set -eu
cd "$(dirname "$0")/.."

fleet() {
  docker compose --project-directory . -f deploy/compose.fleet.yaml "$@"
}

# A published image is pulled; else it is built here. Nothing has stopped so far.
if [ -n "${CANNON_BOT_IMAGE:-}" ] || grep -q '^CANNON_BOT_IMAGE=.' .env; then
  fleet pull bot-a
else
  fleet build bot-a
fi
# What the new version would stumble over is found before anything stops.
fleet run --rm --no-deps bot-a check

# The first start migrates the database, which running processes of the version before survive.
[ $# -gt 0 ] || set -- bot-a bot-b
for service in "$@"; do
  echo "update-fleet: $service"
  fleet up --detach --no-deps --no-build --wait --wait-timeout 300 "$service"
done
echo "update-fleet: done, $* run this version"
