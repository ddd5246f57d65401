#!/usr/bin/env bash
# Installs what the tests need beyond Rust and git: a Python environment with pre-commit, in KEYFUSE_TEST_SERVERS or .venv.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
environment=${KEYFUSE_TEST_SERVERS:-$here/../../.venv}
wanted="$environment/keyfuse-requirements.txt"

# Nothing to do, and no network, where the same requirements are installed already.
if cmp -s "$here/requirements.txt" "$wanted" && "$environment/bin/pre-commit" --version > /dev/null 2>&1; then
  exit 0
fi
python=$(command -v python3) || { echo "tests/servers/install.sh needs python3 with its venv module" >&2; exit 1; }
"$python" -m venv --clear "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/requirements.txt"
"$environment/bin/pre-commit" --version
cp "$here/requirements.txt" "$wanted"
