"""Each service stands on contracts, kit, audit and rebuild alone: it could be shipped by itself.

How: these and one service are copied to an empty folder, and a fresh interpreter that cannot see
the project imports every module there is.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.tree import ROOT, SERVICES

SHARED = ("contracts", "telemetry", "kit", "audit", "rebuild", "sharding", "web")

PROGRAM = """
import importlib, pkgutil, sys
here, project = sys.argv[1:]
sys.path = [here] + [path for path in sys.path if path not in ("", project)]
roots = ("contracts", "telemetry", "kit", "audit", "rebuild", "sharding", "web", "services")
names = [m.name for root in roots
         for m in pkgutil.walk_packages([f"{here}/{root}"], f"{root}.")]
for name in names:
    module = importlib.import_module(name)
    assert str(module.__file__).startswith(here), module.__file__
print(*names)
"""


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_imports_alone(service: str, tmp_path: Path) -> None:
    ignore = shutil.ignore_patterns("__pycache__")
    for package in (*SHARED, f"services/{service}"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=ignore)
    shutil.copy(ROOT / "services/__init__.py", tmp_path / "services")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path), str(ROOT)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    imported = done.stdout.split()
    assert f"services.{service}.bootstrap" in imported
    assert f"services.{service}.__main__" in imported
    others = {f"services.{other}" for other in SERVICES if other != service}
    assert not others & set(imported)
