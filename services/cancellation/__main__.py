"""Starts one role: `python -m services.cancellation ROLE`."""

import sys

from kit.process import run
from services.cancellation.bootstrap import ROLES

if __name__ == "__main__":
    sys.exit(run("cancellation", ROLES, sys.argv[1:]))
