#!/usr/bin/env bash
# Scans, shows the report in the log, annotates, writes the summary; the exit code becomes an output, a later step acts on it.
set -uo pipefail

home="$RUNNER_TEMP/keyfuse"
mkdir -p "$home"

options=()
if [ -n "$CONFIG" ]; then options+=(--config "$CONFIG"); fi
if [ -n "$CONFIDENCE" ]; then options+=(--confidence "$CONFIDENCE"); fi
reports=(-f "jsonl=$home/report.jsonl" -f "sarif=$home/keyfuse.sarif" -f "github=$home/annotations" -f "markdown=$home/summary.md")

# What to scan, as the program is told it.
work=(scan)
targets=(.)
if [ "$SCOPE" = range ]; then
  work=(git --range "$RANGE")
elif [ "$SCOPE" = paths ]; then
  targets=()
  while IFS= read -r -d '' file; do targets+=("$file"); done < "$LIST"
fi

# Nothing of the report may be taken for a command of the workflow.
pause="keyfuse-$RANDOM$RANDOM$RANDOM"
echo "::stop-commands::$pause"
"$KEYFUSE" "${work[@]}" ${options[@]+"${options[@]}"} -f human "${reports[@]}" -- ${targets[@]+"${targets[@]}"}
code=$?
echo "::$pause::"

# Code scanning takes an upload for the state of a branch: what a push did not touch must not seem mended.
if [ "$UPLOAD" = true ] && [ "$SCOPE" = range ] && [[ $EVENT != pull_request* ]] && [ "$code" != 2 ]; then
  "$KEYFUSE" scan ${options[@]+"${options[@]}"} --quiet -f "sarif=$home/keyfuse.sarif" . > /dev/null
fi

if [ "$ANNOTATIONS" = true ] && [ -f "$home/annotations" ]; then cat "$home/annotations"; fi
if [ -f "$home/summary.md" ]; then cat "$home/summary.md" >> "$GITHUB_STEP_SUMMARY"; fi

# The summary is the last line; quotes inside its texts are escaped, so this key stands there once.
findings=$(tail -n 1 "$home/report.jsonl" 2> /dev/null | sed -n 's/.*"outcome":{[^}]*"findings":\([0-9]*\).*/\1/p')
{
  echo "exit-code=$code"
  echo "findings=${findings:-0}"
  if [ -f "$home/keyfuse.sarif" ]; then echo "sarif=$home/keyfuse.sarif"; fi
} >> "$GITHUB_OUTPUT"
exit 0
