"""Starts one process of the customer's page: `python -m console.customers ROLE`."""

import sys

from console.customers.bootstrap import ROLES, ConsoleKit
from kit.process import run

if __name__ == "__main__":
    sys.exit(run("customers", ROLES, sys.argv[1:], package="console.", read=ConsoleKit))
