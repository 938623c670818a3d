"""An HTTP door with the guard before it: who asks, what they may, and every error a problem."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI

from services.cancellation import problems
from services.cancellation.access import ANYBODY, X_RIGHT, Access, GuardedRoute
from services.cancellation.people.book import Book
from services.cancellation.problems import ProblemDetails, described
from services.cancellation.settings import CancellationSettings
from web.docs import OWN_PAGE, describe


class _Api(FastAPI):
    """The application; it describes its problems, for which FastAPI has no media type."""

    def openapi(self) -> dict[str, Any]:
        """Describe the API."""
        if self.openapi_schema is None:
            problem = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = super().openapi()["components"]["schemas"]
            schemas |= {**problem.pop("$defs"), problem["title"]: problem}
            _describe_access(self.openapi_schema or {})
        return super().openapi()


def _describe_access(document: dict[str, Any]) -> None:
    """Say of every operation how to say who one is, and what becomes of who may not come in."""
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    for operations in document["paths"].values():
        for operation in operations.values():
            if operation[X_RIGHT] != ANYBODY:
                operation["security"] = [{"token": []}]
                refused = {str(status): told for status, told in described(401, 403).items()}
                operation["responses"] = {**refused, **operation["responses"]}


def open_door(
    book: Book, settings: CancellationSettings, *, title: str, summary: str, description: str,
    larger: Mapping[str, int],
) -> FastAPI:  # fmt: skip
    """Open a door; whoever adds routes calls `check_rules` at the end.

    Args:
        book: who may come in.
        settings: whether everybody is, and how large a request may be.
        title: of the API, as its description has it.
        summary: the same.
        description: the same.
        larger: other limits of a request's body, by the beginning of the path.
    """
    app = _Api(
        title=title,
        version="1",
        summary=summary,
        description=description,
        **OWN_PAGE,
        generate_unique_id_function=lambda route: route.name,
    )
    describe(app)
    app.router.route_class = GuardedRoute
    app.state.access = Access(book, settings.access)
    problems.install(app)
    app.add_middleware(
        problems.BodyLimit, bytes_max=settings.http_body_bytes_max, larger=dict(larger)
    )
    return app
