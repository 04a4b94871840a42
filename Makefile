# Everything runs from any folder, as root or as an ordinary user. Paths in
# recipes are relative, so that a folder with spaces in its name is no matter.

.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := var/bin
SOURCES := find . \( -path ./.git -o -path ./var \) -prune -o -type f
# packages with a golden file of their own
GOLDEN = $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u)

.PHONY: help
help: ## Say what the targets are
	@grep -hE '^[a-z0-9-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 16

.PHONY: build
build: ## Build var/bin/shuyuan
	@mkdir -p $(BIN)
	go build -o $(BIN)/shuyuan ./cmd/shuyuan

.PHONY: run
run: setup build ## Serve the portal with the sample world at http://127.0.0.1:8080
	@$(BIN)/shuyuan demo
	@exec $(BIN)/shuyuan serve

.PHONY: db
db: ## Open psql on the private database of a running server
	@psql "$$(cat "$${SHUYUAN_DATA:-var}/postgres/url")"

# the views compile three times as fast without inlining, and no test is about
# their speed
test e2e lint: export GOFLAGS := $(GOFLAGS) -gcflags=shuyuan/templates=-l

.PHONY: test
test: setup-test ## Run the whole test suite, browser journeys included
	go test -tags e2e -timeout 60m ./...

.PHONY: e2e
e2e: setup-test ## Run only the tests of the whole program, browser journeys included
	go test -tags e2e -timeout 60m -count=1 ./cmd/shuyuan

.PHONY: check
check: test check-rest ## Do all that the build server does, in the same order

.PHONY: check-rest
check-rest: check-generated check-format lint ## The parts of check that are not tests

.PHONY: lint
lint: $(BIN)/staticcheck ## Look for mistakes without running anything
	go vet -tags e2e ./...
	$(BIN)/staticcheck -tags e2e ./...

# built in the tools' own module, so that the product does not depend on them
$(BIN)/staticcheck: .ci/tools/go.mod .ci/tools/go.sum
	@mkdir -p $(BIN)
	cd .ci/tools && go build -o ../../$(BIN)/staticcheck honnef.co/go/tools/cmd/staticcheck
	@touch $@

.PHONY: check-format
check-format:
	@out=$$(gofmt -l $$(find . \( -path ./.git -o -path ./var \) -prune -o -name '*.go' -print)); \
	if [ -n "$$out" ]; then echo "not formatted, run make fmt:"; echo "$$out"; exit 1; fi

.PHONY: check-generated
check-generated: setup
	@before=$$($(SOURCES) -print0 | sort -z | xargs -0 sha256sum); \
	$(MAKE) --no-print-directory generate || exit 1; \
	after=$$($(SOURCES) -print0 | sort -z | xargs -0 sha256sum); \
	if [ "$$before" != "$$after" ]; then echo "generated files were not up to date; make generate has changed them:"; git status --short; exit 1; fi

.PHONY: generate
generate: setup ## Write what is made from other files: templates, schema.sql, the API description, docs/rules.md, docs/lifecycles.md
	go tool templ generate -path templates
	go test -count=1 $(GOLDEN) -run 'TestSchemaFile|TestOpenAPIFile|TestRulesInUse|TestLifecyclesFile' -update

.PHONY: update-golden
update-golden: setup-test ## Accept what the tests got as what they want
	go test -count=1 $(GOLDEN) -update

.PHONY: fmt
fmt: ## Format Go and templ files
	gofmt -w $$(find . \( -path ./.git -o -path ./var \) -prune -o -name '*.go' -print)
	go tool templ fmt templates

.PHONY: bench
bench: setup build ## Measure; prints figures with machine, commit and date
	go test -run '^$$' -bench . -benchtime 1x ./search/... ./datasets/ingest ./licensing/corrections ./licensing/operation ./licensing/workspace/disclosure ./licensing/workspace/engine ./internal/transparency ./marketplace/provenance/... ./cmd/shuyuan/check
	go run ./cmd/bench -binary $(BIN)/shuyuan

.PHONY: setup
setup:
	@.ci/setup run

.PHONY: setup-test
setup-test:
	@.ci/setup test

.PHONY: clean
clean: ## Remove what was built; data under var/ stays
	rm -rf $(BIN)
