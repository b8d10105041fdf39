# `just` lists what there is.
default:
    @just --list

# Start the demo: no configuration, no network, no account.
demo *args:
    cargo run -- demo {{args}}

# Run every test, on SQLite and on PostgreSQL.
test *args:
    cargo test {{args}}

# Formatting, clippy, licences and sources.
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo deny check bans licenses sources

# Put the code in shape.
fmt:
    cargo fmt

# Walk through the demo in a real browser; `just walks mistakes` runs those whose name has that word.
walks *name:
    cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund
    cargo build
    node tests/browser/run.mjs {{name}}

# Live through many seeds, on both databases, then take the rules of the house away one by one.
chaos seeds="1..1000" steps="200":
    ALMONER_SIM_SEEDS={{seeds}} ALMONER_SIM_STEPS={{steps}} cargo test --test sim -- --nocapture
    ALMONER_CHAOS=full cargo test --test it chaos:: -- --nocapture --test-threads=1
    node tests/sim/mutants.mjs

# Measure.
bench *args:
    cargo bench {{args}}

# What CI runs.
ci:
    .ci/run
