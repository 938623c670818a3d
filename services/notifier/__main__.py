"""Starts one role: `python -m services.notifier ROLE`."""

import sys

from kit.process import run
from services.notifier.bootstrap import ROLES

if __name__ == "__main__":
    sys.exit(run("notifier", ROLES, sys.argv[1:]))
