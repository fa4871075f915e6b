"""Hosts that lack something: the sandbox works there, at the level that they offer."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from autograder.sandbox import Sandbox, Submission
with Sandbox() as box:
    with box.worker(Submission({{"nn/a.py": "def f(x): return x + 1"}}), component="a") as worker:
        value = worker.call("f", (1,), {{}}, "any").value
with open({out}, "w") as file:
    file.write(f"{{value}} {{box.level}} {{'; '.join(box.missing)}}")
"""
# Everything of this machine, in namespaces that may be spoilt.
BWRAP = ["bwrap", "--die-with-parent", "--unshare-pid", "--dev-bind", "/", "/", "--proc", "/proc"]


def grade(*around, shell=""):
    """Run the program below a command or in a shell; the value, level and what is missing."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    text = PROGRAM.format(root=str(ROOT), out=write)
    command = [*around, sys.executable, "-c", text]
    if shell:
        command = ["/bin/sh", "-c", shell, "sh", *command]
    done = subprocess.run(
        command, pass_fds=[write], cwd="/", capture_output=True, text=True, timeout=120, check=False
    )
    os.close(write)
    with open(read, encoding="utf-8") as pipe:
        said = pipe.read()
    assert said, done.stderr
    value, level, missing = said.split(" ", 2)
    assert value == "2"
    return level, missing


# Who the grader is in a container.
USERS = {
    "root": (),
    "root without capabilities": ("--cap-drop", "ALL"),
    "user": ("--unshare-user", "--uid", "4711", "--gid", "4711", "--cap-drop", "ALL"),
}


def in_bwrap(user, *options):
    """Run it in a container of ours."""
    if shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    options = (*USERS[user], *options)
    if subprocess.run(
        [*BWRAP, *options, "--", "/bin/true"], capture_output=True, check=False
    ).returncode:
        pytest.skip("bwrap does not work here")
    return grade(*BWRAP, *options, "--")


@pytest.fixture(scope="module")
def best():
    return grade()[0]


@pytest.mark.parametrize("closed", ["<&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(best, closed):
    assert grade(shell=f'exec "$@" {closed}')[0] == best


def test_a_working_folder_that_is_gone(best, tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    assert grade(shell=f"cd '{folder}' && rmdir '{folder}' && exec \"$@\"")[0] == best


def test_a_checkout_whose_name_is_not_ascii(best, tmp_path):
    checkout = tmp_path / "курс λ"
    for name in ("autograder/__init__.py", "autograder/sandbox", "shared"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, checkout / name)
    (checkout / "solutions").mkdir()
    text = PROGRAM.format(root=str(checkout), out=1)
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", text], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith(f"2 {best}"), done.stderr


@pytest.mark.parametrize("user", USERS)
def test_no_folder_for_temporary_files(user):
    read_only = [word for f in ("/tmp", "/var/tmp") for word in ("--ro-bind", f, f)]
    level, missing = in_bwrap(user, *read_only, "--chdir", "/")
    assert level in ("kernel", "kernel+ns")
    assert user == "root" or "no uid" in missing


@pytest.mark.parametrize("user", USERS)
def test_a_container_without_proc(user):
    # A user namespace is set up through /proc, and so is bubblewrap itself.
    level, missing = in_bwrap(user, "--tmpfs", "/proc")
    assert level in ("kernel", "kernel+ns")
    assert "bwrap" in missing or level == "kernel+ns"


@pytest.mark.parametrize("user", USERS)
def test_a_proc_that_shows_another_pid_namespace(user):
    level, _ = in_bwrap(user, "--ro-bind", "/proc", "/proc")
    assert level in ("kernel", "kernel+ns")


def test_user_namespaces_switched_off():
    if shutil.which("bwrap") is None:
        pytest.skip("bwrap is not installed")
    help_ = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    if "--disable-userns" not in help_.stdout + help_.stderr:
        pytest.skip("this bwrap cannot switch them off")
    level, missing = in_bwrap("user", "--disable-userns")
    assert level == "kernel"
    assert "bwrap" in missing
    assert "namespaces" in missing
