# Short names for what CONTRIBUTING.md lists: `just`, `just ci`.

# What there is
default:
    @just --list

# Scan a tree with what is built from here
scan *ARGS=".":
    cargo run --release -- scan {{ARGS}}

# All tests
test:
    cargo test

# All that must hold
ci:
    .ci/run

# Write the generated pages and the recorded command lines anew; read the difference before you keep it
update:
    UPDATE=1 cargo test --test main pages
    TRYCMD=overwrite cargo test --test main commands
