"""Keeps every number of docs/guides/retail-data.md true."""

import re
from pathlib import Path

from countermand.retail.treatments import MEANINGS

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "retail-data.md"
ROW = re.compile(r"^\| `(\w+)` \|.*\| ([\d,]+) \| ([\d,]+) \|$", re.MULTILINE)


def _documented(column):
    """Return {name: number} of one column of all tables: 1 is the demo month, 2 the year."""
    found = ROW.findall(GUIDE.read_text(encoding="utf-8"))
    numbers = {each[0]: int(each[column].replace(",", "")) for each in found}
    assert len(numbers) == len(found), "a name stands in two rows"
    return numbers


def _counted(report):
    values = report.to_json()
    figures = {name: value for name, value in values.items() if isinstance(value, int)}
    del figures["rows_accounted"]
    figures["unmatched"] = len(report.unmatched)
    figures["set_aside"] = sum(count.rows for count in report.set_aside.values())
    figures["malformed"] = sum(count.rows for count in report.malformed.values())
    groups = (report.kept, report.set_aside, report.unmatched_by_reason, report.malformed)
    codes = dict.fromkeys(MEANINGS, 0)
    codes |= {code: count.rows for group in groups for code, count in group.items()}
    return figures | report.outcomes | codes


def test_the_guide_tells_the_figures_of_the_demo_month(demo_plan):
    assert _documented(1) == _counted(demo_plan.report)


def test_the_guide_tells_the_figures_of_the_year(year_plan):
    assert _documented(2) == _counted(year_plan.report)
