"""The OpenAPI document of the one HTTP API, exactly as the running service serves it.

The application is built for its description only: no route is called, so it needs no database.
"""

from typing import Any

from services.cancellation import api
from services.cancellation.bootstrap import SERVICE
from services.cancellation.settings import CancellationSettings


def write_openapi() -> dict[str, Any]:
    """Describe the HTTP API."""
    not_needed: Any = None
    app = api.build(
        pool=not_needed,
        store=SERVICE.store,
        processor=not_needed,
        plans=not_needed,
        settings=CancellationSettings.model_construct(),
        dsn="",
    )
    return app.openapi()
