"""Starts one role: `python -m services.inventory ROLE`."""

import sys

from kit.process import run
from services.inventory.bootstrap import ROLES

if __name__ == "__main__":
    sys.exit(run("inventory", ROLES, sys.argv[1:]))
