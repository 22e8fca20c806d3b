"""Real limits of the system, for as long as a block runs."""

import os
import resource
import shutil
import subprocess
from contextlib import contextmanager

import pytest


@contextmanager
def at_most(size):
    """No file may grow beyond so many bytes: the kernel refuses the write, as of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mounted(command, *mounts):
    """The command, in a shell that has mounted this first; nobody else sees the mounts."""
    if not _may_mount():
        pytest.skip("this machine lets nobody mount a file system of his own")
    script = " && ".join((*mounts, 'cd "$PWD"', 'exec "$@"'))
    return ["unshare", "--user", "--map-root-user", "--mount", "bash", "-c", script, "-", *command]


def tmpfs(folder, size):
    return f"mount -t tmpfs -o size={size} tmpfs {folder}"


def read_only(folder):
    return f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"


def _may_mount():
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"]
    return subprocess.run(probe, capture_output=True, env=os.environ).returncode == 0
