"""What this lane exports beside the kit's metrics; its calls are counted there."""

from prometheus_client import Gauge

ENDPOINTS = Gauge(
    "countermand_webhook_endpoints", "Webhook endpoints by state, as last seen", ["state"]
)
