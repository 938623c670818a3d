"""The audit history: whatever is not as it was signed is a mismatch."""

from countermand.audit.asking import check_logs
from countermand.verify.mismatch import Mismatch


async def check_audited(dsn: str) -> list[Mismatch]:
    """Name every fact, link and root that is not as it was signed."""
    reports = await check_logs(dsn, frozenset(), {}, lambda *_: None)
    return [
        Mismatch("wrong", f"audit history of {report['log']}: {_told(finding)}")
        for report in reports
        for finding in report["findings"]
    ]


def _told(finding: dict[str, object]) -> str:
    places = (f"{name} {value}" for name, value in finding.items() if value is not None)
    return ", ".join(places)
