"""Starts one role: `python -m services.refunds ROLE`."""

import sys

from kit.process import run
from services.refunds.bootstrap import ROLES

if __name__ == "__main__":
    sys.exit(run("refunds", ROLES, sys.argv[1:]))
