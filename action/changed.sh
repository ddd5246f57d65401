#!/usr/bin/env bash
# Finds out what to scan: the files that a pull request or a push changes, or the whole tree where that cannot be told.
set -euo pipefail

home="$RUNNER_TEMP/keyfuse"
list="$home/changed"
mkdir -p "$home"
: > "$list"

# Arguments beyond this many bytes do not fit on every system; then the whole tree is as quick.
most=100000

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

# The files that the range changes, as they stand in the work tree; a link is no file of its own.
changed() {
  local from=$BASE file
  # A push may have replaced commits: what it brought is what differs from where the branch was.
  if [ "$EVENT" != push ]; then
    from=$(git merge-base "$BASE" "$HEAD")
  fi
  git -c core.quotePath=false diff --no-ext-diff --no-renames --name-only -z --relative --diff-filter=d "$from" "$HEAD" |
    while IFS= read -r -d '' file; do
      if [ -f "$file" ] && [ ! -L "$file" ]; then printf './%s\0' "$file"; fi
    done
}

if [ -n "$PATHS" ]; then
  while IFS= read -r path; do
    path="${path%$'\r'}"
    if [ -n "${path// /}" ]; then printf '%s\0' "$path"; fi
  done <<< "$PATHS" > "$list"
  scope=paths
else
  why=$(unknown)
  if [ -n "$why" ]; then
    echo "::notice title=keyfuse::The whole tree is scanned: $why."
    scope=tree
  else
    changed > "$list"
    scope=change
    if [ "$(wc -c < "$list")" -gt "$most" ]; then
      echo "::notice title=keyfuse::The whole tree is scanned: so much has changed."
      scope=tree
    fi
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
  echo "config=$CONFIG"
  echo "top=$(git rev-parse --show-toplevel 2> /dev/null || pwd)"
} >> "$GITHUB_OUTPUT"
