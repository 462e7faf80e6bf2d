#!/usr/bin/env bash
# pytest 9.2.0 with pytest-xdist 3.8.0: under `--dist loadgroup` the tests of one
# `xdist_group` run in several processes. xdist appends the group to an item's node id by
# an attribute that pytest 9.2 no longer reads, so each test is a group of its own.
# What it means for Zelto: tests/processes_of_tests.py groups by file itself.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0
cat > test_one_group.py <<'PY'
import os, time
import pytest

pytestmark = pytest.mark.xdist_group("together")


@pytest.mark.parametrize("number", range(12))
def test_in_one_process(number):
    time.sleep(0.1)
    with open("processes", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PY
env/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist loadgroup >log
sort processes | uniq -c
test "$(sort -u processes | wc -l)" = 2
echo "pytest 9.2.0, pytest-xdist 3.8.0: one group ran in two processes."
