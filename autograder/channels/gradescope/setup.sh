#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image: a Python of 3.11 to 3.13 with the
# course's packages in /autograder/source/.venv.
set -euo pipefail
cd /autograder/source

python=""
find_python() {
  local name
  for name in python3.13 python3.12 python3.11 python3; do
    if "$name" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
      2>/dev/null; then
      python=$name
      return 0
    fi
  done
  return 1
}

if ! find_python; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  for version in 3.13 3.12 3.11; do
    if apt-get install -y -qq --no-install-recommends "python$version" "python$version-venv"; then
      break
    fi
  done
  find_python || {
    echo "error: this image offers no Python of 3.11 to 3.13; choose Ubuntu 22.04 or newer" >&2
    exit 1
  }
fi

"$python" -m venv --clear .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
chmod -R go= /autograder/source

# Does the reference pass its own tests here, in the sandbox? A fault shows now, not at midnight.
.venv/bin/python -s -B -m autograder.channels.gradescope.run --check
