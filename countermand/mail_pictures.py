"""Takes a picture of every mail in both languages: `make pictures`, into `docs/pictures/mails`.

Needs Chromium, which is no part of the project; without it nothing is done and status 3 says so.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

from contracts.values import Locale
from countermand.browser import find_browser
from services.notifier.domain.choices import Template
from services.notifier.samples import html_of

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "mails"
WIDTHS = {"wide": 760, "narrow": 500}
"""Headless Chromium has no window narrower than 500 pixels."""


def take(browser: str, page: Path, picture: Path, width: int, height: int) -> None:
    """Have a browser of its own show a page."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--hide-scrollbars", f"--user-data-dir={profile}",
                f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri(),
            ],
            check=True, timeout=60, capture_output=True,
        )  # fmt: skip


def main() -> int:
    """Take all pictures; returns the exit status."""
    browser = find_browser()
    if browser is None:
        print("NO PICTURES TAKEN: Chromium is not on this machine.", file=sys.stderr)
        return 3
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        for template in get_args(Template):
            for locale in get_args(Locale):
                page = Path(directory, "mail.html")
                page.write_text(html_of(template, locale), encoding="utf-8")
                height = 680 if template == "order_cancelled" else 490
                for name, width in WIDTHS.items():
                    if name == "wide" or template == "order_cancelled":
                        picture = PICTURES / f"{template}.{locale}.{name}.png"
                        take(browser, page, picture, width, height)
    return 0


if __name__ == "__main__":
    sys.exit(main())
