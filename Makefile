# make              everything that is needed to run dist/puptime.js
# make test         all checks, from a fresh clone on
# make demo         the main job, shown on a few services that it starts itself
# make crash        every crash sweep in full, or SWEEP=name: kills, errors, power cuts, full disks; an hour or so
# make bench        what starting, sweeping and delivering cost, against bare node, curl and plain files
# make install      PREFIX=/usr/local DESTDIR=
# make uninstall    the same PREFIX and DESTDIR
# make clean

PREFIX ?= /usr/local
DESTDIR ?=
DIST ?= dist

bin := $(DESTDIR)$(PREFIX)/bin
lib := $(DESTDIR)$(PREFIX)/lib/puptime
share := $(DESTDIR)$(PREFIX)/share/puptime
man := $(DESTDIR)$(PREFIX)/share/man

packages := node_modules/.package-lock.json
generated := node_modules/.generated
sources := $(shell find cmd lib schema -name '*.ts' -not -path '*/generated/*') package.json .ci/bundle.js .ci/packs.js
tsx := node_modules/.bin/tsx

.DELETE_ON_ERROR:
.PHONY: all build generate test demo crash bench install uninstall clean node

all: build

build: $(DIST)/puptime.js

generate: $(generated)

test: $(packages)
	@node .ci/check.js

demo: build
	@$(tsx) test/demo/demo.ts

crash: build
	@env -u NODE_EXTRA_CA_CERTS $(tsx) test/crash/all.ts

bench: build
	@for file in test/bench/*.ts; do env -u NODE_EXTRA_CA_CERTS $(tsx) "$$file" || exit; done

$(DIST)/puptime.js: $(sources) $(generated)
	node .ci/bundle.js cmd/puptime.ts $(DIST)

$(generated): $(sources) | $(packages)
	if [ -e schema/generate.ts ]; then $(tsx) schema/generate.ts; fi
	@touch $@

$(packages): package-lock.json | node
	npm ci --ignore-scripts --include=dev --no-audit --no-fund
	@touch $@

node:
	@command -v node >/dev/null || { \
	  echo 'make: puptime needs Node.js 20.19 or newer, but there is no node in PATH; install it and run make again' >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' || { \
	  echo "make: puptime needs Node.js 20.19 or newer, but node in PATH is $$(node --version)" >&2; exit 1; }

install: build
	install -d '$(bin)' '$(lib)/chunks' '$(share)'
	rm -f '$(lib)'/chunks/*.js
	for file in $(DIST)/chunks/*.js; do [ ! -e "$$file" ] || install -m 644 "$$file" '$(lib)/chunks/' || exit; done
	install -m 644 $(DIST)/package.json $(DIST)/LICENSES LICENSE '$(lib)/'
	install -m 755 $(DIST)/puptime.js '$(lib)/'
	ln -sf ../lib/puptime/puptime.js '$(bin)/puptime'
	find schema docs hooks.example -type f -not -name '*.ts' -exec sh -c ' \
	  for file do if [ -x "$$file" ]; then mode=755; else mode=644; fi; \
	  install -D -m "$$mode" "$$file" "$$0/$$file" || exit; done' '$(share)' {} +
	for page in docs/*.[158]; do [ ! -e "$$page" ] || \
	  install -D -m 644 "$$page" "$(man)/man$${page##*.}/$${page##*/}" || exit; done

uninstall:
	rm -rf '$(lib)' '$(share)'
	rm -f '$(bin)/puptime' '$(man)'/man[158]/puptime*.[158]

clean:
	rm -rf dist coverage $(generated)
