"""Finds Chromium, which is no part of the project: for pictures and for tests of pages."""

import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Return the path of a Chromium; None where there is none."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)
