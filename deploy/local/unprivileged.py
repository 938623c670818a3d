"""How a child of root stops being root, because PostgreSQL refuses to run as root.

A user namespace is preferred: the child sees uid 1000 while its files stay root's, so nothing is
chowned and private parent directories do no harm. Containers often forbid it; then `nobody` runs.
"""

import ctypes
import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_CLONE_NEWUSER = 0x1000_0000
_INNER_ID = 1000


def drop_root(data_dir: Path) -> Callable[[], None] | None:
    """Return what a child calls before exec to be an ordinary user; None when it already is one.

    `data_dir` is given to that user.
    """
    if os.geteuid() != 0:
        return None
    if may_enter_user_namespace():
        _give(data_dir, 0, 0)
        return enter_user_namespace
    nobody = pwd.getpwnam("nobody")
    _give(data_dir, nobody.pw_uid, nobody.pw_gid)

    def become_nobody() -> None:
        os.setgroups([])
        os.setgid(nobody.pw_gid)
        os.setuid(nobody.pw_uid)

    return become_nobody


def may_enter_user_namespace() -> bool:
    """Try it in a child that does nothing else; 5 ms."""
    if sys.platform != "linux":
        return False
    try:
        subprocess.run(["/bin/true"], preexec_fn=enter_user_namespace, check=True)
    except (subprocess.SubprocessError, OSError):
        return False
    return True


def enter_user_namespace() -> None:
    """Make this process uid 1000 of a new user namespace; only between fork and exec."""
    uid, gid = os.getuid(), os.getgid()
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare(CLONE_NEWUSER)")
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{_INNER_ID} {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{_INNER_ID} {gid} 1", encoding="ascii")


def _give(directory: Path, uid: int, gid: int) -> None:
    if directory.stat().st_uid == uid:
        return
    for parent, _, files in os.walk(directory):
        os.chown(parent, uid, gid)
        for name in files:
            os.chown(Path(parent, name), uid, gid, follow_symlinks=False)
