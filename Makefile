# `make test` is the gate: everything that a change must pass, on a laptop as in CI.

CARGO ?= cargo
export RUST_BACKTRACE ?= 0
# Without backtraces nobody reads debug information, and to write and link it takes time.
export CARGO_PROFILE_DEV_DEBUG ?= 0
# Each crate is compiled once here, so what a second compilation would reuse is written for nobody.
export CARGO_INCREMENTAL ?= 0
SUDO := $(shell [ "$$(id -u)" = 0 ] || command -v sudo)

.PHONY: test tools fmt clippy features tests docs bench soak system release-check

test: tools fmt clippy features tests docs
	@echo "make test: all passed"

# What a fresh machine with Rust may lack.
tools:
	@command -v rustup >/dev/null && rustup component add clippy rustfmt >/dev/null 2>&1 || true
	@$(CARGO) clippy --version >/dev/null && $(CARGO) fmt --version >/dev/null
	@command -v redis-server >/dev/null || { $(SUDO) apt-get update -q && $(SUDO) apt-get install -qy --no-install-recommends redis-server; } \
		|| { echo "make tools: redis-server is missing and apt-get could not install it; install Redis 7.0 or later" >&2; exit 1; }

fmt:
	$(CARGO) fmt --all --check

clippy:
	$(CARGO) clippy --workspace --all-targets --all-features -- -D warnings

# Each feature alone, and none; and a program without a tokio runtime.
features:
	$(CARGO) check -p cachery --no-default-features
	$(CARGO) check -p cachery --no-default-features --features memory
	$(CARGO) check -p cachery --no-default-features --features redis
	$(CARGO) check -p cachery --no-default-features --features upstash
	$(CARGO) check -p cachery --no-default-features --features axum
	$(CARGO) test -p cachery-plain

# Builds the examples, too. Most tests wait for servers and time limits and use little of a core, so
# more of them run at once than there are cores. The first program that fails is the last one, so what
# failed stands at the end of the output.
tests: export RUST_TEST_THREADS ?= $(shell expr 3 '*' $$(getconf _NPROCESSORS_ONLN))
tests:
	$(CARGO) test --workspace --all-features

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --all-features --no-deps

# Side by side with the peers, in one run; writes BENCHMARKS.md and the plots. Not part of the gate: it measures time.
bench:
	$(CARGO) build --release --manifest-path benches/Cargo.toml
	for program in hit memory start remote push compile; do \
		$(CARGO) run --release --manifest-path benches/Cargo.toml --bin $$program -- write || exit 1; \
	done

# Runs that are too long for the gate. docs/soak.md has a line for each run.
soak:
	CACHERY_ENTRIES=$${CACHERY_ENTRIES:-1000000} \
		$(CARGO) test --release --features redis --test soak many::
	CACHERY_SOAK_SEEDS=$${CACHERY_SOAK_SEEDS:-100} \
		$(CARGO) test --release --features redis --test soak chaos:: -- --nocapture 2>/dev/null
	CACHERY_COHERENCE_OPERATIONS=$${CACHERY_COHERENCE_OPERATIONS:-100000} \
		$(CARGO) test --release --features redis --test soak coherence:: -- --nocapture
	CACHERY_STORM_OPERATIONS=$${CACHERY_STORM_OPERATIONS:-500000} \
		$(CARGO) test --release --features redis --test soak storm -- --nocapture
	CACHERY_QUEUES=$${CACHERY_QUEUES:-100} \
		$(CARGO) test --release --features redis --test soak queue:: -- --nocapture
	CACHERY_SLOW=1 $(CARGO) test --release --features redis --test soak slow:: -- --nocapture --test-threads 1
	CACHERY_FAILOVERS=$${CACHERY_FAILOVERS:-10} \
		$(CARGO) test --release --features redis --test it outage::masters::sentinels_fail_over
	CACHERY_MOVES=$${CACHERY_MOVES:-100} \
		$(CARGO) test --release --features redis --test it outage::resharding
	CACHERY_BATCHES=$${CACHERY_BATCHES:-1000000} \
		$(CARGO) test --release --features redis --test it batch::model:: -- --nocapture
	CACHERY_LOSSES=$${CACHERY_LOSSES:-10000} $(CARGO) test --release --features redis --test it feed::

# Budgets and checks that need tools or time beyond the gate. Each is a script in tests/system; the
# lines that they print are in docs/system.md.
SYSTEM := hit_instructions page routes_cost alerts panels faults terminal traces insights deployment commands book servers upstash
system: tools
	tests/system/run.sh $(SYSTEM)

# Before publishing: checks licences, bans and sources (deny.toml), builds each package from its own tarball, and
# compares the public items with those of the last release. Crates of the tests are packed, too, and never published.
PACKAGES := cachery-syntax cachery-macros cachery-core cachery-memory cachery-redis cachery-axum cachery cachery-cli
release-check:
	@for tool in deny semver-checks; do \
		command -v cargo-$$tool >/dev/null || { echo "make release-check: cargo-$$tool is missing: cargo install --locked cargo-$$tool" >&2; exit 1; }; \
	done
	$(CARGO) fetch
	$(CARGO) deny --offline check licenses bans sources
	$(CARGO) package --workspace
	@release=$$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null); \
	if [ -n "$$release" ]; then \
		$(CARGO) semver-checks --package cachery --package cachery-core --baseline-rev "$$release"; \
	else \
		echo "make release-check: no release is tagged yet, so public items are compared with none"; \
	fi
	@echo "publish in this order: $(PACKAGES)"
