"""What this service exports beside the kit's metrics."""

from prometheus_client import Gauge

CASES_OPEN = Gauge("countermand_cases_open", "Cases that wait for a person, by kind", ["kind"])
CASES_OVERDUE = Gauge("countermand_cases_overdue", "Open cases past their deadline", ["kind"])
