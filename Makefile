# What CI runs is `make check`; `make help` lists the rest.
SHELL := /bin/bash
GO ?= go
BIN := bin/freightledger
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
SHARED ?= ../shared
FUZZTIME ?= 20s
BENCHTIME ?= 1s
BENCHCOUNT ?= 3
EVENTS ?= 1000000

.PHONY: help build demo test check vet lint tidy generated race bench bench-scms bench-designs nightly mutate simulate simulate-teeth fuzz conformance generate clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-14s %s\n", $$1, $$2}'

build: ## build bin/freightledger, one static binary
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o $(BIN) ./cmd/freightledger

demo: build ## the main job on generated freight: orders to cash, reconciled, then edited and caught
	$(BIN) demo

test: ## all tests
	$(GO) test -timeout 20m ./...

# cmd's tests start the program as processes of its own, which gain nothing
# from the detector.
race: ## all tests but those of whole processes, with the race detector
	CGO_ENABLED=1 $(GO) test -race -timeout 30m $$($(GO) list ./... | grep -v /cmd/)

vet: ## go vet
	$(GO) vet ./...

lint: ## staticcheck, pinned in go.mod
	$(GO) tool staticcheck ./...

tidy: ## formatting and go.mod are as the tools would leave them
	@test -z "$$(gofmt -l .)" || { echo "gofmt wants to change:"; gofmt -l .; exit 1; }
	$(GO) mod tidy -diff

generate: ## write the generated documents
	$(GO) run ./domain/internal/catalogue

generated: ## generated documents are up to date
	$(GO) run ./domain/internal/catalogue -check

check: vet lint tidy generated test race ## everything that must pass: what CI runs

simulate: ## the whole product in simulated worlds: SEEDS=1000, or FOR=5m, or SEED=n for one
	@mkdir -p bin
	$(GO) build -trimpath -o bin/simulate ./cmd/simulate
	bin/simulate $(if $(SEED),-seed $(SEED) -trace $(if $(LOSE),-lose $(LOSE)),$(if $(FOR),-for $(FOR),-seeds $(or $(SEEDS),1000)))

simulate-teeth: ## mistakes planted in the product, which the simulator has to find
	$(GO) run -trimpath ./cmd/simulate/internal/teeth

bench: build ## benchmarks, medians beside the bare thing; BENCHCOUNT=n for more runs
	@mkdir -p bin
	$(GO) test -run '^$$' -bench . -benchtime $(BENCHTIME) -count $(BENCHCOUNT) -timeout 2h ./eventstore/... ./projections/... ./reconciler/... ./domain/... | tee bin/bench.txt
	$(GO) tool benchstat -col /by bin/bench.txt
	$(MAKE) bench-scms

bench-scms: build ## the whole delivery history, import to reconciled: seconds and peak memory
	$(GO) test -run '^$$' -bench 'DeliveryHistory' -benchtime 1x -count $(BENCHCOUNT) ./cmd/freightledger

bench-designs: ## ways of keeping events, and the store: appends, writes, memory, recovery; EVENTS=n
	$(GO) run ./eventstore/embedded/internal/designs -events $(EVENTS)

nightly: ## the fault suites at length: hours
	FREIGHTLEDGER_HISTORIES=500 FREIGHTLEDGER_STRIKES=1000 FREIGHTLEDGER_DISCONNECTS=20000 FREIGHTLEDGER_SYNCPOINTS=all \
	  $(GO) test -count=1 -timeout 10h ./eventstore/faults ./eventstore/storetest ./eventstore/embedded

mutate: ## small mistakes in the domain, one at a time: which do the tests not notice? MUTATE=args
	$(GO) run ./domain/internal/mutate $(MUTATE)

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for pkg in $$($(GO) list ./...); do \
	  for target in $$($(GO) test -list '^Fuzz' $$pkg | grep ^Fuzz || true); do \
	    echo "$$pkg $$target"; $(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; done

conformance: ## the official EventStoreDB client's own tests against the node, with and without TLS
	$(GO) run ./eventstore/node/internal/conformance

clean: ## remove what was built
	rm -rf bin
