# Paths stay relative and programs are run as modules: the checkout may lie in a folder
# whose name is long or has spaces, which make and the first lines of scripts cannot bear.

PYTHON := .venv/bin/python
# Nothing that a lock does not name by its hash.
INSTALL := $(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes
# For tests: a database of its own, so that `make run` may be up beside it.
WITH_DATABASE := $(PYTHON) -m zelto.embedded --data-dir var/test --throwaway exec
PUBLIC := ZELTO_BASE_URL=https://zelto.example.com ALLOWED_HOSTS=zelto.example.com \
	ZELTO_BEHIND_PROXY=true \
	SECRET_KEY=only-for-this-check-0123456789-abcdefghijklmnopqrstuvwxyz

# Some containers set it; each of many processes would compile all code again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-livekit lint format lock screenshots demo bench chromium espeak proxies

run: .venv/installed
	@exec $(PYTHON) -m zelto.embedded run

# What decides: the checks, then all tests.
test: .venv/installed-for-tests chromium espeak proxies lint
	$(WITH_DATABASE) $(PYTHON) manage.py makemigrations --check --dry-run
	$(PUBLIC) $(PYTHON) manage.py check --deploy --fail-level WARNING
	$(WITH_DATABASE) $(PYTHON) -m pytest --numprocesses 2 --dist loadgroup

# Sessions that older and newer releases of livekit-agents upload, each from an environment
# of its own, which the first run makes: 1.3 GB and some minutes.
test-livekit: .venv/installed-for-tests
	ZELTO_LIVEKIT_RELEASES=1 $(WITH_DATABASE) $(PYTHON) -m pytest \
		tests/integrations/livekit_upload/test_other_releases.py

# What needs no database: format, code, templates, scripts, types, layers of imports.
lint: .venv/installed-for-tests
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 --check {} +
	.venv/bin/oxlint --deny-warnings static/js
	$(PYTHON) -m mypy .
	$(PYTHON) -c 'from importlinter.cli import lint_imports_command as lint; lint()'

format: .venv/installed-for-tests
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .
	-find templates -name '*.html' -exec .venv/bin/djade --target-version 5.2 {} +

screenshots: .venv/installed-for-tests chromium
	$(WITH_DATABASE) $(PYTHON) -m tests.screenshots

demo: .venv/installed
	@$(PYTHON) manage.py demo

# BENCH="--quick" for short runs; bench/README.md says more.
bench: .venv/installed
	@$(INSTALL) -r bench/requirements.txt
	@$(PYTHON) -m bench $(BENCH)

# Writes down again, for each requirements*.in, all versions that it brings with their
# hashes. Each keeps the versions it has, as far as they still fit; UPGRADE=name takes the
# newest of one package that is not pinned by itself, UPGRADE=all of each.
LOCK := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --annotation-style line \
	--custom-compile-command 'make lock' \
	$(if $(UPGRADE),$(if $(filter all,$(UPGRADE)),--upgrade,--upgrade-package $(UPGRADE)))

lock:
	@$(make_environment)
	@$(PYTHON) -m uv --version >/dev/null 2>&1 || $(INSTALL) -r requirements-dev.txt
	$(LOCK) requirements.in --output-file requirements.txt
	for name in s3 stt; do \
		$(LOCK) -c requirements.txt requirements-$$name.in \
			--output-file requirements-$$name.txt || exit 1; \
	done
	$(LOCK) -c requirements.txt -c requirements-s3.txt -c requirements-stt.txt \
		requirements-dev.in --output-file requirements-dev.txt
	$(LOCK) -c requirements.txt bench/requirements.in --output-file bench/requirements.txt
	$(LOCK) requirements-livekit.in --output-file requirements-livekit.txt
	for source in tests/integrations/livekit_worker/releases/*.in; do \
		$(LOCK) $$source --output-file $${source%.in}.txt || exit 1; \
	done

# Setting up. An environment that no longer works (Python was replaced) is made again.
ifneq ($(shell $(PYTHON) -c 'print("works")' 2>/dev/null),works)
.PHONY: .venv/installed .venv/installed-for-tests
endif

.venv/installed: requirements.txt
	@$(make_environment)
	@echo "Installing requirements.txt; the first time this takes a minute or two."
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/installed-for-tests: requirements-dev.txt
	@$(make_environment)
	@echo "Installing requirements-dev.txt; the first time this takes a minute or two."
	@$(INSTALL) -r requirements-dev.txt
	@touch .venv/installed $@

define make_environment
if ! $(PYTHON) -c '' 2>/dev/null; then \
	enough='import sys; sys.exit(sys.version_info < (3, 11))'; \
	found=; incomplete=; \
	for name in python3.11 python3.12 python3.13 python3; do \
		$$name -c "$$enough" 2>/dev/null || continue; \
		if $$name -c 'import ensurepip, venv' 2>/dev/null; then found=$$name; break; fi; \
		incomplete=$$name; \
	done; \
	if [ -n "$$found" ]; then $$found -m venv --clear .venv; \
	elif [ -n "$$incomplete" ]; then \
		echo "$$incomplete lacks venv; on Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	else \
		echo "Zelto needs Python 3.11 or newer, and found none as python3." >&2; \
		exit 1; \
	fi; \
fi
endef

# The shell without windows takes half the CPU; where there is none, any Chromium will do.
chromium:
	@if [ -z "$$ZELTO_CHROMIUM" ] && ! command -v chromium-headless-shell >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq; \
			apt-get install -qq -y chromium-headless-shell || apt-get install -qq -y chromium; \
		elif ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null \
			&& ! command -v google-chrome >/dev/null; then \
			echo "The tests drive a Chromium and found none: install it (Debian: apt-get" >&2; \
			echo "install chromium-headless-shell) or name one in ZELTO_CHROMIUM." >&2; \
			exit 1; \
		fi; \
	fi

# Speaks what the tests have written down again.
espeak:
	@if ! command -v espeak-ng >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y espeak-ng; \
		else \
			echo "The tests of speech to text need espeak-ng and found none: install it" >&2; \
			echo "(Debian: apt-get install espeak-ng; macOS: brew install espeak-ng)." >&2; \
			exit 1; \
		fi; \
	fi

# A pooler and a web server in front; none of them is to run as a service of this machine.
proxies:
	@missing=; for name in pgbouncer nginx; do \
		PATH="$$PATH:/usr/sbin" command -v $$name >/dev/null || missing="$$missing $$name"; \
	done; \
	if [ -z "$$missing" ]; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		if [ ! -e /usr/sbin/policy-rc.d ]; then \
			trap 'rm -f /usr/sbin/policy-rc.d' EXIT; \
			printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; \
			chmod +x /usr/sbin/policy-rc.d; \
		fi; \
		apt-get update -qq && \
			DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $$missing; \
	else \
		echo "The tests run behind a pooler and a web server and lack:$$missing. Install" >&2; \
		echo "them (Debian: apt-get install pgbouncer nginx; macOS: brew install them)." >&2; \
		exit 1; \
	fi
