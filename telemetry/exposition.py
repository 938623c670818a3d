"""`/metrics`: in the form a scraper asks for; only OpenMetrics has a place for exemplars."""

from prometheus_client import REGISTRY
from prometheus_client.exposition import choose_encoder

PLAIN = "text/plain; charset=utf-8"


def expose(request: bytes) -> tuple[str, bytes]:
    """Return content type and body for a request, head and all."""
    accept = ""
    for line in request.decode("latin-1").split("\r\n")[1:]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "accept":
            accept = value.strip()
    encoder, content_type = choose_encoder(accept)
    return content_type, encoder(REGISTRY)
