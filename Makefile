# Everything a person does here, as one word each. `make` alone lists the words.
# The work itself is in .ci/; recipes only name it.

SHELL := bash
CARGO ?= cargo
# What demo-check runs: by default the program built without optimisation, which is ready soonest.
POTLUCK ?= $(CARGO) run --
# How long `make soak` runs.
MINUTES ?= 10

.DEFAULT_GOAL := help
.PHONY: help deps test-deps run demo demo-check ui walks screens bench-ui test check bench soak fmt clean-data

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps ui ## build and start the relay on SQLite in ./data, with a first admin
	$(CARGO) build --release --features ui
	$(CARGO) run --release --features ui --quiet -- init --if-missing
	$(CARGO) run --release --features ui --quiet -- serve

demo: deps ui ## build and start the relay in front of fake upstreams, nothing to bring
	$(CARGO) build --release --features ui
	$(CARGO) run --release --features ui --quiet -- demo

demo-check: deps ## the demo as a test: every kind of request once, exits 0 only if all held
	$(POTLUCK) demo --check

ui: ## build the pages that the relay carries, where they have changed
	@.ci/ui build

walks: ## see every page in each theme, size, language and state in a browser, for faults; a quarter of an hour
	admin/web/test/run walks

screens: ## pictures of all pages, in both themes, in target/screens/
	admin/web/test/run screens

bench-ui: deps ui ## measure how quick the pages are in a browser; ROUNDS=7 loads of each
	$(CARGO) build --release --features ui --locked
	POTLUCK=target/release/potluck admin/web/test/run bench

test: deps test-deps ## all tests: Rust on SQLite and Postgres, and real client SDKs
	.ci/test

check: ## what CI runs: format, clippy, docs, licences, then all tests
	.ci/run

bench: deps ## measure beside nginx, haproxy and a bare Pingora, then the scheduler and the books of usage; reports in target/bench/ and target/sim/
	.ci/bench
	$(CARGO) run --release --quiet -p potluck-filters --example scheduler-sim
	$(CARGO) run --release --quiet -p potluck-filters --example pool-bench
	POSTGRES_OPTIONS='-c fsync=on' .ci/with-postgres $(CARGO) run --release --quiet -p potluck-store --example usage-bench

soak: deps ## keep the relay under load for MINUTES (10), then kill it again and again; report in target/bench/soak.json
	.ci/soak $(MINUTES)

fmt: ## format the Rust code
	$(CARGO) fmt --all

clean-data: ## delete ./data and ./logs: the database with all accounts and keys
	rm -rf data logs

deps:
	@.ci/deps build

test-deps:
	@.ci/deps test
