"""Starts one process of operations: `python -m countermand.operations ROLE`."""

import sys

from countermand.operations.bootstrap import ROLES
from kit.process import run

if __name__ == "__main__":
    sys.exit(run("operations", ROLES, sys.argv[1:], package="countermand."))
