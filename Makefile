# Linli. `make demo` shows it, `make test` checks it; both set everything up first and may be run again at any time.
# PORT and LINLI_HOME are honoured.

# Where Python is told to keep no compiled modules, each process would compile them all again: two seconds a start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON_VENV := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help demo test lint style analysis pytest bench chaos shots test-pg operate messages lock bootstrap-test

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

demo: ## the demo district on http://127.0.0.1:8000
	@tools/bootstrap demo
	@exec $(PYTHON_VENV) -m linli demo

bootstrap-test:
	@tools/bootstrap test

# What takes one processor runs while the tests still prepare their databases on another.
test: bootstrap-test style ## everything that CI checks
	@$(MAKE) --no-print-directory -j 2 analysis pytest

pytest:
	$(PYTHON_VENV) -m pytest -n 3 --dist worksteal

lint: bootstrap-test style analysis ## style, types, boundaries, translations, the front end's own tests

style: bootstrap-test
	$(PYTHON_VENV) -m ruff check .
	$(PYTHON_VENV) -m ruff format --check .

analysis:
	$(PYTHON_VENV) -m mypy
	.venv/bin/lint-imports
	$(PYTHON_VENV) -m tools.i18n check
	npm --prefix frontend --silent test

test-pg: bootstrap-test ## the tests on another PostgreSQL: DATABASE_URL=postgresql://superuser:…@host/postgres, or Debian's
	$(PYTHON_VENV) -m tools.test_pg "$(DATABASE_URL)"

bench: bootstrap-test ## speed against floors measured in the same run; writes bench/results.json
	$(PYTHON_VENV) -m bench

operate: bootstrap-test ## the commands of docs/operate.md, each run in a sandbox
	$(PYTHON_VENV) -m tools.operate

chaos: bootstrap-test ## crash, race and abuse with the full numbers (hours; LINLI_CHAOS_SCALE=0.01 for a short run)
	$(PYTHON_VENV) -m chaos

shots: bootstrap-test ## screenshots of every page at 390 px and 1280 px, in shots/
	$(PYTHON_VENV) -m tools.shots

messages: bootstrap-test ## take new strings into the English catalogues
	$(PYTHON_VENV) -m tools.i18n update

lock: ## renew the lock files of Python and npm
	tools/lock
