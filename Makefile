# make unit     runs all tests that need only Go; installs nothing
# make e2e      runs the tests with real IRC clients and a browser; installs missing ones
# make test     runs both, as CI does
# make check    checks formatting and generated files, and runs vet and staticcheck
# make release  builds a release in dist/: binaries, archives, Debian packages, checksums
# make bench    compares the performance with InspIRCd and ngIRCd (docs/performance.md); installs them if missing
# make bench-worst  measures how long a bystander waits while 50 clients of one address attack, one row for each verb;
#               BENCH="-worst list,names -seconds 3" for some rows, "-servers old=PATH,bavard" for two builds
# make soak     runs SOAK_CLIENTS random clients for SOAK_SECONDS, and MIXED_ROUNDS rounds with a hundred clients in one
#               channel that change their capabilities; fails if anything goes wrong
# make fuzz     runs every fuzz target for FUZZ_TIME

STATICCHECK = go run honnef.co/go/tools/cmd/staticcheck@v0.8.2
CLIENTS     = irssi weechat-headless hexchat Xvfb xdotool dbus-daemon dbus-send chromium node npm
PEERS       = inspircd ngircd
SUDO        = $(shell [ "$$(id -u)" = 0 ] || echo sudo)

# The race detector needs a C compiler. Without one, the tests run without the race detector.
RACE        = $(if $(shell command -v $$(go env CC)),-race)

.PHONY: unit e2e test check clients programs release bench bench-worst peers soak fuzz

unit:
	@echo "running all tests that need only Go$(if $(RACE),, (without the race detector, because there is no C compiler)); nothing is installed"
	go test $(RACE) -shuffle=on -timeout 20m $$(go list ./... | grep -v /integration$$)

e2e: clients
	go test $(RACE) -shuffle=on -timeout 20m ./integration

test: clients
	go test -race -shuffle=on -timeout 20m ./...

# The clients are real programs from Debian, and a library from npm. If one is missing, its tests fail; they are never
# skipped. Only missing programs are installed, because Node, for example, may come from a different source.
clients: integration/node/node_modules/.package-lock.json

integration/node/node_modules/.package-lock.json: integration/node/package-lock.json | programs
	@echo "installing irc-framework and its dependencies from npm, into integration/node/node_modules"
	cd integration/node && npm ci --no-audit --no-fund --ignore-scripts

programs:
	@missing=; for c in $(CLIENTS); do \
		command -v $$c >/dev/null 2>&1 && continue; \
		case $$c in \
			weechat-headless) missing="$$missing weechat-headless weechat-plugins";; \
			Xvfb) missing="$$missing xvfb";; \
			dbus-send) missing="$$missing dbus-bin";; \
			node) missing="$$missing nodejs";; \
			*) missing="$$missing $$c";; \
		esac; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing Debian packages with the clients for the tests:$$missing"; \
		$(SUDO) apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing; \
	else \
		echo "the clients for the tests are already installed: $(CLIENTS)"; \
	fi

release:
	packaging/release

check:
	@test -z "$$(gofmt -l .)" || { echo "not formatted:"; gofmt -l .; exit 1; }
	go vet ./...
	$(STATICCHECK) ./...
	go generate ./...
	@test -z "$$(git status --porcelain -- config.toml docs)" || { echo "stale generated files:"; git status --porcelain -- config.toml docs; exit 1; }

SOAK_SECONDS ?= 600
SOAK_CLIENTS ?= 400
MIXED_ROUNDS ?= 400

soak:
	SOAK_SECONDS=$(SOAK_SECONDS) SOAK_CLIENTS=$(SOAK_CLIENTS) MIXED_ROUNDS=$(MIXED_ROUNDS) go test -race -count=1 -timeout 24h -v -run '^(TestSoak|TestSoakOfAdversaries|TestMixedClients)$$' ./commands

FUZZ_TIME ?= 60s

# go test fuzzes one target at a time.
fuzz:
	@set -e; grep -rn --include='*_test.go' '^func Fuzz' . | sed 's/:[0-9]*:func / /; s/(.*//' | while read -r file target; do \
		echo "$$target in $$(dirname "$$file")"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 10x "./$$(dirname "$$file")"; \
	done

bench: peers
	go run ./bench $(BENCH)

bench-worst:
	go run ./bench -worst all -servers bavard -seconds 10 $(BENCH)

# The servers to compare with, from Debian. Installing a daemon usually starts it, which must not happen here.
peers:
	@for p in $(PEERS); do \
		PATH="$$PATH:/usr/sbin" command -v $$p >/dev/null 2>&1 && continue; \
		echo "installing $$p to compare with"; \
		$(SUDO) apt-get update -q && \
		DEBIAN_FRONTEND=noninteractive $(SUDO) env RUNLEVEL=1 apt-get install -y -q --no-install-recommends $$p || exit 1; \
		if [ -d /run/systemd/system ]; then $(SUDO) systemctl disable --now $$p || exit 1; fi; \
	done
