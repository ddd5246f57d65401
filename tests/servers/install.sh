#!/usr/bin/env bash
# Installs what the tests need beyond Rust and git: a Python environment with pre-commit and, where npm is, the JavaScript judge of
# signatures, in KEYFUSE_TEST_SERVERS or .venv.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
environment=${KEYFUSE_TEST_SERVERS:-$here/../../.venv}
wanted="$environment/keyfuse-requirements.txt"

# The JavaScript library that judges signatures, as its lock file pins it.
judges() {
  cmp -s "$here/judges/package-lock.json" "$environment/judges/package-lock.json" && [ -d "$environment/judges/node_modules/standardwebhooks" ] && return 0
  command -v npm > /dev/null || { echo "tests/servers/install.sh: no npm here; the JavaScript judge of signatures is left out" >&2; return 0; }
  mkdir -p "$environment/judges"
  cp "$here/judges/package.json" "$here/judges/package-lock.json" "$environment/judges/"
  npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$environment/judges"
}

# Nothing to do, and no network, where the same requirements are installed already.
if cmp -s "$here/requirements.txt" "$wanted" && "$environment/bin/pre-commit" --version > /dev/null 2>&1; then
  judges
  exit 0
fi
python=$(command -v python3) || { echo "tests/servers/install.sh needs python3 with its venv module" >&2; exit 1; }
"$python" -m venv --clear "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/requirements.txt"
"$environment/bin/pre-commit" --version
cp "$here/requirements.txt" "$wanted"
judges
