"""Between the supervisor and each of its processes: become the right user, die with the parent, exec.

Run as a script by a bare interpreter (about 15 ms): Python code between fork and exec in the supervisor
itself (`preexec_fn`) is not safe beside threads. All imports stand at the top: after the change of user
the interpreter's own files may be out of reach.

Usage: child.py PARENT_PID UID GID COMMAND... (UID and GID are -1 to stay who we are).
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Linux ends this process when its parent ends, even by kill -9. Elsewhere the next start cleans up."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # the parent died before the line above
            os._exit(1)


def become(uid: int, gid: int) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def main() -> None:
    parent, uid, gid = (int(word) for word in sys.argv[1:4])
    become(uid, gid)
    die_with_parent(parent)  # after the change of user, which clears it
    os.execv(sys.argv[4], sys.argv[4:])


main()
