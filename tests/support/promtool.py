"""promtool, Prometheus' own checker of rules.

Built from its Go module into `.countermand/tools`, once.
"""

import os
import shutil
import subprocess
from pathlib import Path

MODULE = "github.com/prometheus/prometheus/cmd/promtool"
VERSION = "v0.316.0"
TOOLS = Path(__file__).parents[2] / ".countermand" / "tools"
BUILD_S_MAX = 540
"""On two busy cores; two minutes on two quiet ones."""


class PromtoolMissingError(Exception):
    """It cannot be had here; the message says why."""


def install() -> Path:
    """Return the program: the one on the path, or our own, built if need be.

    Raises:
        PromtoolMissingError: there is no Go, or the module could not be built.
    """
    if (found := shutil.which("promtool")) is not None:
        return Path(found)
    program = TOOLS / f"promtool-{VERSION}" / "promtool"
    if program.exists():
        return program
    go = shutil.which("go")
    if go is None:
        raise PromtoolMissingError("promtool needs Go to be built, and there is none here")
    program.parent.mkdir(parents=True, exist_ok=True)
    # Service discovery of every cloud there is would be three quarters of it.
    flags = {"GOBIN": str(program.parent), "GOFLAGS": "-mod=mod -tags=remove_all_sd"}
    try:
        built = subprocess.run(
            [go, "install", f"{MODULE}@{VERSION}"], check=False, env={**os.environ, **flags},
            timeout=BUILD_S_MAX, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise PromtoolMissingError(f"promtool was not built in {BUILD_S_MAX} s") from None
    if built.returncode:
        raise PromtoolMissingError(f"promtool could not be built: {built.stdout[-300:]}")
    return program
