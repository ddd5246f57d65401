#!/usr/bin/env bash
# Gets the program: the one on the PATH, built from this action's own files, or a release whose SHA-256 is right.
set -euo pipefail

fail() {
  echo "::error title=keyfuse::$1"
  exit 2
}

# What the operating system is called in the name of a release.
target() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    *) fail "there is no release for $(uname -s) on $(uname -m); use version: source" ;;
  esac
}

fetch() {
  # The token goes through standard input: arguments can be read by every process of the machine.
  { [ -z "${TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$TOKEN"; } |
    curl --config - --proto '=https,file' --proto-redir '=https' -fsSL --retry 3 -o "$2" "$1"
}

sha256() {
  if command -v sha256sum > /dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

release() {
  local name url home=$1 number=${2#v}
  name="keyfuse-$(target)"
  url="${KEYFUSE_RELEASES:-${GITHUB_SERVER_URL:-https://github.com}/$REPOSITORY/releases/download}/v$number/$name.tar.gz"
  fetch "$url" "$home/$name.tar.gz" || fail "release $number cannot be fetched; use version: source"
  fetch "$url.sha256" "$home/$name.sha256" || fail "release $number has no checksum; it is not used"
  if [ "$(sha256 "$home/$name.tar.gz")" != "$(cut -d ' ' -f 1 < "$home/$name.sha256")" ]; then
    rm -f "$home/$name.tar.gz"
    fail "the checksum of release $number is wrong; it is not used"
  fi
  mkdir -p "$home/bin"
  tar -xzf "$home/$name.tar.gz" -C "$home/bin" keyfuse
}

home="$RUNNER_TEMP/keyfuse"
mkdir -p "$home"
case "$VERSION" in
  system | local)
    program=$(command -v keyfuse) || fail "version: $VERSION needs keyfuse on the PATH"
    ;;
  source)
    command -v cargo > /dev/null || fail "version: source needs cargo; install Rust first, or use version: system"
    cargo install --quiet --locked --path "$ACTION" --root "$home"
    program="$home/bin/keyfuse"
    ;;
  [0-9]* | v[0-9]*)
    release "$home" "$VERSION"
    program="$home/bin/keyfuse"
    ;;
  *) fail "version: $VERSION is none of source, system or a number" ;;
esac
"$program" --version
echo "program=$program" >> "$GITHUB_OUTPUT"
