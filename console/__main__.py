"""Starts one process of the console: `python -m console ROLE`."""

import sys

from console.bootstrap import ROLES, ConsoleKit
from kit.process import run

if __name__ == "__main__":
    sys.exit(run("console", ROLES, sys.argv[1:], package="", read=ConsoleKit))
