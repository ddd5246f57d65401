#!/usr/bin/env bash
# Plants a password of a real Redis on loopback in a scratch start-up file, finds it, asks the server whether it works, hands it off to
# a receiver on loopback, and shows the receipt. Without redis-server on the PATH a person's word takes the place of the server's.
# Takes the keyfuse of KEYFUSE, else builds the one of this repository. Leaves nothing behind.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${KEYFUSE:-}" ]; then
  cargo build --quiet --release --manifest-path "$here/Cargo.toml"
  KEYFUSE="${CARGO_TARGET_DIR:-$here/target}/release/keyfuse"
fi
scratch=$(mktemp -d)
receiver=
server=
finish() {
  for process in $receiver $server; do
    kill "$process" 2> /dev/null || true
  done
  wait
  rm -rf "$scratch"
}
trap finish EXIT

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
# The signing key that sender and receiver share.
umask 077
printf 'whsec_%s\n' "$(random 32)" > "$scratch/hook.key"

mkdir -p "$scratch/receiver/config" "$scratch/sender/config" "$scratch/home"
printf '[receive]\nsecret = "file:%s"\n' "$scratch/hook.key" > "$scratch/receiver/config/config.toml"
: > "$scratch/receiver.log"
KEYFUSE_HOME="$scratch/receiver" "$KEYFUSE" receive --listen 127.0.0.1:0 > "$scratch/receiver.log" &
receiver=$!
until url=$(sed -n 's/^listening at //p' "$scratch/receiver.log") && [ -n "$url" ]; do
  kill -0 "$receiver" || { echo "the receiver did not start" >&2; exit 1; }
  sleep 0.1
done
printf '[[endpoint]]\nname = "hook"\ndialect = "native"\nurl = "%s"\nsecret = "file:%s"\n' "$url" "$scratch/hook.key" \
  > "$scratch/sender/config/config.toml"

export KEYFUSE_HOME="$scratch/sender"
password=$(random 30 | tr -d '+/=')
cd "$scratch/home"
if command -v redis-server > /dev/null; then
  port=$((20000 + RANDOM % 20000))
  # The configuration comes in by a pipe, so that the password is no argument.
  printf 'port %s\nbind 127.0.0.1\nsave ""\ndir %s\nuser default off\nuser app on >%s ~* +@all\n' "$port" "$scratch" "$password" \
    | redis-server - > "$scratch/redis.log" &
  server=$!
  until grep -q 'Ready to accept connections' "$scratch/redis.log"; do
    kill -0 "$server" 2> /dev/null || { echo "Redis did not start; try again" >&2; exit 1; }
    sleep 0.1
  done
  printf '[[probe.endpoint]]\nservice = "redis"\nurl = "redis://127.0.0.1:%s"\nprivate = true\nplain = true\n' "$port" \
    >> "$scratch/sender/config/config.toml"
  printf 'export REDIS_URL="redis://app:%s@127.0.0.1:%s"\n' "$password" "$port" > .zshrc
else
  printf 'export SERVICE_TOKEN="%s"\n' "$password" > .zshrc
fi
# Tells what comes, shows the command, runs it.
step() {
  printf '\n== %s\n$ keyfuse' "$1"
  shift
  printf ' %q' "$@"
  printf '\n'
  "$KEYFUSE" "$@"
}
step 'A key, so that this credential has one name in every run:' key make
# A scan that finds something ends in 1; 4 would mean that a notice is not delivered.
if [ -n "$server" ]; then
  step 'A Redis runs here, and its password stands in .zshrc: found, asked of that Redis, handed off because it is accepted:' \
    scan . --probe --handoff || [ $? = 1 ]
else
  step 'No redis-server is installed, so a person says that the token in .zshrc counts:' \
    confirm .zshrc:1 --reason 'planted for this demonstration'
  step 'Found, and handed off because it is confirmed:' scan . --handoff || [ $? = 1 ]
fi
step 'What is still owed to the endpoint of config.toml:' outbox status
printf '\n== What the receiver got (keyfuse receive): the signed notice with its receipt, and the incident that it opened:\n'
sed 1d "$scratch/receiver.log"
