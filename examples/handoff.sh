#!/usr/bin/env bash
# Plants a password in a scratch start-up file, finds it, confirms it, hands it off to a receiver on loopback, and shows the receipt.
# Takes the keyfuse of KEYFUSE, else builds the one of this repository. Leaves nothing behind.
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${KEYFUSE:-}" ]; then
  cargo build --quiet --release --manifest-path "$here/Cargo.toml"
  KEYFUSE="${CARGO_TARGET_DIR:-$here/target}/release/keyfuse"
fi
scratch=$(mktemp -d)
receiver=
finish() {
  [ -z "$receiver" ] || kill "$receiver" 2> /dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }
# The signing key that sender and receiver share.
umask 077
printf 'whsec_%s\n' "$(random 32)" > "$scratch/hook.key"

mkdir -p "$scratch/receiver/config" "$scratch/sender/config" "$scratch/home"
printf '[receive]\nsecret = "file:%s"\n' "$scratch/hook.key" > "$scratch/receiver/config/config.toml"
KEYFUSE_HOME="$scratch/receiver" "$KEYFUSE" receive --listen 127.0.0.1:0 > "$scratch/receiver.log" &
receiver=$!
until url=$(sed -n 's/^listening at //p' "$scratch/receiver.log") && [ -n "$url" ]; do
  kill -0 "$receiver" || { echo "the receiver did not start" >&2; exit 1; }
  sleep 0.1
done
printf '[[endpoint]]\nname = "hook"\ndialect = "native"\nurl = "%s"\nsecret = "file:%s"\n' "$url" "$scratch/hook.key" \
  > "$scratch/sender/config/config.toml"

export KEYFUSE_HOME="$scratch/sender"
printf 'export SERVICE_TOKEN="%s"\n' "$(random 30 | tr -d '+/=')" > "$scratch/home/.zshrc"
cd "$scratch/home"
set -x
"$KEYFUSE" key make
"$KEYFUSE" confirm .zshrc:1 --reason "planted for this demonstration"
"$KEYFUSE" scan . --handoff --quiet || [ $? = 1 ]
"$KEYFUSE" outbox status
{ set +x; } 2> /dev/null
echo "What the receiver says:"
sed 1d "$scratch/receiver.log"
