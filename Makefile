# Vitrine. `make` lists what can be done. Needs Go, GNU make 4.3 and, for the workers that
# render pictures, libvips, poppler and librsvg; `make deps` installs what is missing on Debian and Ubuntu.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO ?= go
BIN := $(CURDIR)/bin
MODULE := github.com/vitrine-dam/vitrine
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# A first run compiles Kubernetes, so it is compiled in a hurry: nothing is inlined, no
# tables for debuggers are made, and the compiler may use memory for time. That takes half
# of the time away, and one build cache serves the tools, the programs and the tests.
# QUICK= gives the compiler's defaults, as container images and benchmarks have them.
QUICK ?= -gcflags=all=-l -dwarf=false
# The version is passed explicitly, and a checkout owned by somebody else still builds.
ifeq ($(MAKELEVEL),0)
export GOFLAGS := $(filter-out -buildvcs%,$(GOFLAGS)) -buildvcs=false $(if $(QUICK),'$(QUICK)')
endif
GOBUILD := GOGC=off GOMEMLIMIT=1200MiB $(GO) build
export VITRINE_BIN := $(BIN)

# Everything but the picture worker is built, linted and tested without cgo, for the same cache.
NOCGO := CGO_ENABLED=0

.PHONY: help
help: ## List the targets (this)
	@awk 'BEGIN { FS = ":.*## " } \
	  /^## / { printf "\n%s\n", substr($$0, 4) } \
	  /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

## See it work

.PHONY: demo
demo: deps tools build ## Bring everything up on this machine until Ctrl-C; CHECK=1 proves it and tears down
	@$(NOCGO) $(GOBUILD) -o $(BIN)/demo ./hack/demo
	@exec $(BIN)/demo $(if $(filter-out 0,$(CHECK)),--check)

## Test it

# Packages whose tests start an API server or an object store, and packages that need
# cgo, found by what they import, so that no list here can fall behind.
TESTBED := $(MODULE)/hack/testbed
VIPS := $(MODULE)/internal/rendition/vips
# $(call packages,CONDITION on the marks S (needs servers) and C (needs cgo),PATTERN)
packages = $(GO) list -test -f '{{.ImportPath}} {{range .Deps}}{{if eq . "$(TESTBED)"}}S{{end}}{{if eq . "$(VIPS)"}}C{{end}}{{end}}' $(2) \
  | awk '$$1 ~ /\.test$$/ && ($(1)) { sub(/\.test$$/, "", $$1); print $$1 }'
# The tests themselves run with the collector's defaults.
# One package at a time: several with stores and API servers of their own would make each other wait.
GOTEST := GOGC=off GOMEMLIMIT=1200MiB $(GO) test -p=1 -exec='env -u GOGC -u GOMEMLIMIT' -count=1 -timeout=40m
# A test that passes is not heard; what it has to say all the same it writes here.
export VITRINE_REPORT := $(BIN)/.report
# $(call suite,PATTERN[,CONDITION]): the packages without cgo first, then the others.
define suite
@rm -f $(VITRINE_REPORT)
@p="$$($(call packages,$(if $(2),$(2),1) && $$2 !~ /C/,$(1)))"; if [ -n "$$p" ]; then echo "# without cgo"; $(NOCGO) $(GOTEST) $$p; fi
@p="$$($(call packages,$(if $(2),$(2),1) && $$2 ~ /C/,$(1)))"; if [ -n "$$p" ]; then echo "# with cgo"; $(GOTEST) $$p; fi
@if [ -e $(VITRINE_REPORT) ]; then cat $(VITRINE_REPORT); fi
endef
present = $(patsubst %,./%/...,$(wildcard $(1)))

.PHONY: test
test: deps ## Everything that CI runs: build, verify, lint, the demo and all suites
	@$(MAKE) tools
	@$(MAKE) build
	@$(MAKE) verify
	@$(MAKE) lint
	@$(MAKE) demo CHECK=1
	$(call suite,./...)

.PHONY: test-unit
test-unit: ## Tests that need no server
	$(call suite,./...,$$2 !~ /S/)

.PHONY: test-api
test-api: tools ## The kinds and their rules, on a real API server
	$(call suite,$(call present,api config test/api))

.PHONY: test-store
test-store: tools ## The drivers of object stores and the policies, on real stores; DECISIONS=20000 asks them more, SEED=n the same again
	$(call suite,$(call present,internal/store internal/policy test/store))

.PHONY: test-minio
test-minio: $(BIN)/minio $(BIN)/versitygw $(BIN)/objectstore ## Of these, what runs on a real MinIO, which is under the AGPL: run, never linked
	$(NOCGO) $(GOTEST) -run '/^MinIO$$' ./test/store

.PHONY: test-cluster
test-cluster: tools build ## Controllers, on a real API server and a real store
	$(call suite,$(call present,controllers cmd/manager test/cluster))

.PHONY: test-gateway
test-gateway: tools ## Links and the gateway
	$(call suite,$(call present,internal/link internal/gateway cmd/gateway test/gateway))

.PHONY: test-review
test-review: tools ## kubectl dam, on a real API server and on files
	$(call suite,$(call present,internal/review cmd/kubectl-dam test/review))

.PHONY: test-rendition
test-rendition: tools ## Renditions, with the installed libvips
	$(call suite,$(call present,internal/rendition cmd/transform test/rendition))

.PHONY: test-hack
test-hack: tools ## The test bed, the local runner and the sample pictures themselves
	$(call suite,./hack/...)

.PHONY: test-race
test-race: tools build ## All suites under the race detector
	$(GO) test -race -count=1 -timeout=40m ./...

.PHONY: bench-access
bench-access: tools ## What deciding about access costs, from 10 folders to 10,000, on a real API server and store
	@mkdir -p $(BIN)/bench
	@GOFLAGS=-buildvcs=false $(NOCGO) $(GO) build -o $(BIN)/bench/ ./cmd/manager ./test/bench/access
	@$(BIN)/bench/access

.PHONY: bench-review
bench-review: tools ## How long one waits for kubectl dam about 10,000 bindings, on files and on a real API server
	@mkdir -p $(BIN)/bench
	@GOFLAGS=-buildvcs=false $(NOCGO) $(GO) build -o $(BIN)/bench/ ./cmd/kubectl-dam ./test/bench/review
	@$(BIN)/bench/review

.PHONY: bench-renditions
bench-renditions: tools ## How fast pictures are rendered, beside vipsthumbnail, and 100,000 of them confirmed; ONLY=speed, confirmed or catalog
	@GO=$(GO) hack/install-deps bench
	@mkdir -p $(BIN)/bench
	@GOFLAGS=-buildvcs=false $(NOCGO) $(GO) build -o $(BIN)/bench/ ./cmd/manager ./cmd/kubectl-dam ./test/bench/renditions
	@GOFLAGS=-buildvcs=false $(GO) build -o $(BIN)/bench/ ./cmd/transform
	@$(BIN)/bench/renditions $(if $(ONLY),-only=$(ONLY))

.PHONY: bench
bench: tools build ## Benchmarks; BENCH=regexp chooses
	GOFLAGS=-buildvcs=false $(GO) test -run='^$$' -bench='$(or $(BENCH),.)' -benchmem ./...

## Keep it right

.PHONY: lint
lint: $(BIN)/golangci-lint ## golangci-lint on all code, and the Kubernetes API linter on api/
	@hack/lint $(BIN)/golangci-lint

.PHONY: generate
generate: $(BIN)/crd-ref-docs ## Write everything that is generated: deep copies, CRDs, RBAC, API page, libvips bindings
	@GO=$(GO) BIN=$(BIN) hack/generate

.PHONY: verify
verify: $(BIN)/crd-ref-docs ## Fail when a generated file is not what `make generate` writes
	@GO=$(GO) BIN=$(BIN) hack/verify

## Build it

.PHONY: build
build: ## The programs, into bin/
	@mkdir -p $(BIN)
	$(NOCGO) $(GOBUILD) -ldflags='-X main.version=$(VERSION)' -o $(BIN)/ $(call commands,manager gateway kubectl-dam)
	$(GOBUILD) -ldflags='-X main.version=$(VERSION)' -o $(BIN)/ $(call commands,transform)
commands = $(patsubst %,./cmd/%,$(1))

IMAGES ?= vitrine
.PHONY: images
images: ## The container images, with docker; IMAGES=prefix names them prefix-manager:version and so on
	@for part in manager gateway transform documents; do \
	  docker build --build-arg VERSION=$(VERSION) -f hack/images/$$part.Dockerfile -t $(IMAGES)-$$part:$(VERSION) . ; \
	done

.PHONY: clean
clean: ## Remove what was built, the tools included
	rm -rf $(BIN) .demo

## What it needs

.PHONY: deps
deps: ## Install missing Debian or Ubuntu packages, or say which are missing
	@GO=$(GO) hack/install-deps

# With KUBEBUILDER_ASSETS set, etcd and kube-apiserver are taken from there.
CLUSTER_TOOLS := kube-controller-manager kubectl $(if $(KUBEBUILDER_ASSETS),,kube-apiserver etcd)
.PHONY: tools
tools: $(addprefix $(BIN)/,$(CLUSTER_TOOLS) versitygw objectstore minio) ## The programs that the demo and the tests run, into bin/ (several minutes, once)

.PHONY: tools-lint
tools-lint: $(BIN)/golangci-lint $(BIN)/crd-ref-docs ## The linters and the documentation generator, into bin/

# A tool is rebuilt when its pin changes: its module's go.mod and go.sum, or the version of Go.
$(BIN)/.pin/%: FORCE
	@mkdir -p $(@D); pin="$$({ $(GO) env GOVERSION GOARCH; cat hack/tools/$*/go.mod hack/tools/$*/go.sum; } | sha256sum)"; \
	  [ "$$pin" = "$$(cat $@ 2>/dev/null)" ] || echo "$$pin" > $@
.PHONY: FORCE
FORCE:
.PRECIOUS: $(BIN)/.pin/%

KUBERNETES_VERSION = $(shell sed -n 's/^\tk8s.io\/kubernetes \(v[^ ]*\).*/\1/p' hack/tools/kubernetes/go.mod)
KUBERNETES_LDFLAGS = -s -w $(foreach p,k8s.io/component-base/version k8s.io/client-go/pkg/version,-X $(p).gitVersion=$(KUBERNETES_VERSION))
KUBERNETES := $(addprefix $(BIN)/,$(filter-out etcd,$(CLUSTER_TOOLS)))
# $(call build-tool,MODULE FOLDER,OUTPUT,PACKAGES[,LDFLAGS])
build-tool = @echo "building $(notdir $@)"; cd hack/tools/$(1) && $(NOCGO) $(GOBUILD) -ldflags='$(if $(4),$(4),-s -w)' -o $(2) $(3)

$(KUBERNETES) &: $(BIN)/.pin/kubernetes
	$(call build-tool,kubernetes,$(BIN)/,$(addprefix k8s.io/kubernetes/cmd/,$(notdir $(KUBERNETES))),$(KUBERNETES_LDFLAGS))
	@touch $(KUBERNETES)

$(BIN)/etcd: $(BIN)/.pin/kubernetes
	$(call build-tool,kubernetes,$@,go.etcd.io/etcd/server/v3)
	@touch $@

$(BIN)/versitygw: $(BIN)/.pin/versitygw
	$(call build-tool,versitygw,$@,github.com/versity/versitygw/cmd/versitygw)
	@touch $@

$(BIN)/objectstore: $(BIN)/.pin/versitygw hack/tools/versitygw/objectstore/main.go
	$(call build-tool,versitygw,$@,./objectstore)
	@touch $@

$(BIN)/minio: $(BIN)/.pin/minio
	$(call build-tool,minio,$@,github.com/minio/minio)
	@touch $@

$(BIN)/golangci-lint: $(BIN)/.pin/lint
	$(call build-tool,lint,$@,sigs.k8s.io/kube-api-linter/cmd/golangci-lint-kube-api-linter)
	@touch $@

$(BIN)/crd-ref-docs: $(BIN)/.pin/docs
	$(call build-tool,docs,$@,github.com/elastic/crd-ref-docs)
	@touch $@
