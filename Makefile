# Two commands: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: .venv demo test test-tools test-staff test-students test-sandbox test-rooms attacks fuzz \
  lint audit docs figures versions golden soak lock clean

demo: .venv
	$(BIN)/python -m autograder demo

# Two parts at a time, the long ones first; the demo takes both cores by itself.
test: .venv lint
	@$(MAKE) --no-print-directory --jobs=2 --output-sync \
	  test-tools test-staff test-students test-sandbox test-rooms
	$(BIN)/python -m pytest tests/test_demo.py

# nbgrader, otter, Gradescope, PostgreSQL, each the real one.
test-tools:
	$(BIN)/python -m pytest tests/channels tests/gradebook

test-staff:
	$(BIN)/python -m pytest tests --ignore=tests/test_demo.py --ignore=tests/attacks \
	  --ignore=tests/sandbox --ignore=tests/shared --ignore=tests/notebooks \
	  --ignore=tests/channels --ignore=tests/gradebook

# What the student has: the checks, and the notebooks in a kernel.
test-students:
	$(BIN)/python -m pytest tests/shared tests/notebooks

test-sandbox:
	$(BIN)/python -m pytest tests/sandbox tests/attacks --ignore=tests/attacks/test_corpus.py

# Do solutions, stubs, tests and texts fit together?
test-rooms:
	$(BIN)/python -m autograder verify

# Every attack at every level, and without the sandbox, where each must succeed. Needs bubblewrap.
attacks: .venv
	$(BIN)/python -m tests.attacks

# The readers of what a student controls, with new random inputs for some minutes.
fuzz: .venv
	FUZZ=20000 $(BIN)/python -m pytest -q tests/attacks/test_fuzz.py

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MYPYPATH=solutions $(BIN)/mypy -p nn

# Every mutant against every test: some minutes.
audit: .venv
	$(BIN)/python -m autograder audit

# The lecture's pictures from the reference, in both languages; build/figures/index.html shows them.
figures: .venv
	$(BIN)/python -m autograder figures --out build/figures

# The verdicts on vectorisation and the sandbox, on the other Pythons that students and staff have.
# A Python that is not installed is said and passed over.
versions: version-3.12 version-3.13

version-%: .venv
	@if python$* -c '' 2>/dev/null; then \
	  python$* -m venv --clear build/python$* && \
	  build/python$*/bin/python -m pip install --quiet --disable-pip-version-check \
	    --constraint requirements.txt numpy pytest click jinja2 nbformat pyyaml hypothesis && \
	  build/python$*/bin/python -m pytest tests/shared/test_metering.py \
	    tests/shared/test_vectorised.py tests/sandbox/test_compatibility.py \
	    tests/sandbox/test_tripwires.py; \
	else echo "python$* is not installed: nothing was tried on it"; fi

# The reference beside torch, and new golden outputs for `make test`. It says how to get torch.
golden: .venv
	$(BIN)/python benchmarks/golden.py

# Is anything lost to a busy machine? Hours; benchmarks/soak.py says what, and takes fewer rounds.
soak: .venv
	$(BIN)/python benchmarks/soak.py --part variants --rounds 100 --hogs 2
	$(BIN)/python benchmarks/soak.py --part corpus --rounds 50 --hogs 4
	$(BIN)/python benchmarks/soak.py --part class --rounds 20 --hogs 4

# The environment is made anew when it is missing, older than the lock, or was not made to its end.
.venv: .venv/.made

.venv/.made: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is too old: make PYTHON=python3.11 (3.11 to 3.13)"; exit 1; }
	@# --clear would empty what a link leads to, which may be somebody else's.
	@! test -L .venv || \
	  { echo "error: .venv is a link, and what it leads to is out of date: mend it there"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The pages of docs/ as a site: build/docs/index.html.
docs: .venv
	$(BIN)/sphinx-build -W -q docs build/docs

# After a change of the ranges in pyproject.toml.
lock: .venv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --group dev \
	  pyproject.toml --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --group student \
	  --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" --output-file assignments/requirements.txt

clean:
	rm -rf build .venv
