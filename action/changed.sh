#!/usr/bin/env bash
# Finds out what to scan: the commits that a pull request or a push brings, or the whole tree where that cannot be told.
set -euo pipefail

home="$RUNNER_TEMP/keyfuse"
list="$home/paths"
mkdir -p "$home"
: > "$list"

has() {
  git cat-file -e "$1^{commit}" 2> /dev/null
}

# Why the whole tree is scanned; nothing if the range is known.
unknown() {
  if [ -z "$BASE$HEAD" ] || [ "$EVENT" = schedule ] || [ "$EVENT" = workflow_dispatch ]; then
    echo "$EVENT has no range"
  elif ! git rev-parse --git-dir > /dev/null 2>&1; then
    echo "git cannot read this folder as a repository"
  elif [ -z "${BASE//0/}" ]; then
    echo "the branch is new"
  elif has "$BASE" && has "$HEAD"; then
    [ "$EVENT" = push ] || git merge-base "$BASE" "$HEAD" > /dev/null 2>&1 || history "base and head have no common commit"
  else
    history "a commit of the range is not here"
  fi
}

# A reason that a shallow clone explains.
history() {
  if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
    echo "$1, for the clone is shallow: set fetch-depth: 0 at actions/checkout"
  else
    echo "$1"
  fi
}

# The default branch, from which a push without a known beginning is counted. Other branches do not serve: of two that are pushed at
# once each would hide what the other brings.
beginning() {
  local default="refs/remotes/origin/$DEFAULT"
  if [ "$EVENT" = push ] && [ -n "$DEFAULT" ] && [ "$REF" != "refs/heads/$DEFAULT" ] && [ -n "$HEAD" ] && has "$HEAD" && has "$default" &&
    git merge-base "$default" "$HEAD" > /dev/null 2>&1; then
    echo "$default"
  fi
}

range=
if [ -n "$PATHS" ]; then
  while IFS= read -r path; do
    path="${path%$'\r'}"
    if [ -n "${path// /}" ]; then printf '%s\0' "$path"; fi
  done <<< "$PATHS" > "$list"
  scope=paths
else
  why=$(unknown)
  if [ -n "$why" ]; then from=$(beginning); else from=$BASE; fi
  if [ -z "$from" ]; then
    echo "::notice title=keyfuse::The whole tree is scanned: $why."
    scope=tree
  else
    # Commits that the base has too are left out, merged ones included; both ends may be the same.
    range="$from..$HEAD"
    scope=range
  fi
fi

# A pull request is judged by the rules it found, not by those it brings.
if [ -z "$CONFIG" ] && [[ $EVENT == pull_request* ]]; then
  if has "$BASE"; then
    CONFIG="$home/keyfuse.toml"
    git show "$BASE:keyfuse.toml" > "$CONFIG" 2> /dev/null || : > "$CONFIG"
  else
    echo "::warning title=keyfuse::The base of the pull request is not here, so its own keyfuse.toml counts: set fetch-depth: 0 at actions/checkout."
  fi
fi

{
  echo "scope=$scope"
  echo "list=$list"
  echo "range=$range"
  echo "config=$CONFIG"
  echo "top=$(git rev-parse --show-toplevel 2> /dev/null || pwd)"
} >> "$GITHUB_OUTPUT"
