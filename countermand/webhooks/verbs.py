"""The verbs `webhooks …`: endpoints and what was sent to them. A client of the notifier's API."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR, Endpoints
from countermand.orders import call
from countermand.verb import DataDir, Json, run

webhooks = App(name="webhooks", help="Signed webhooks: who is told what, and what came of it.")

Answer = dict[str, Any]
Types = Annotated[
    tuple[str, ...],
    Parameter(name="--type", negative=(), show_default=False, help="Wanted; may be repeated."),
]
Description = Annotated[str | None, Parameter(help="What it is for.")]
Outcome = Literal["PENDING", "SUCCEEDED", "FAILED"]


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Who wants something, and how the answer is shown."""

    by: Annotated[str, Parameter(help="Who wants it: a person's name.")]
    why: Annotated[str | None, Parameter(help="Why; kept for ever.")] = None
    command_id: Annotated[str | None, Parameter(help="The same again has effect once.")] = None
    data_dir: DataDir = DEFAULT_DATA_DIR
    json: Json = False


By = Annotated[Wish, Parameter(name="*")]


@webhooks.command
def register(url: str, /, *, types: Types = (), description: Description = None, wish: By) -> None:
    """Tell a system of yours what happens; without `--type`, everything there is.

    The secret it checks signatures with is shown once.
    """
    body = {"url": url, "types": types, "description": description}
    _print_endpoint(_ask(wish, "POST", "/endpoints", body), json=wish.json)


@webhooks.command(name="list")
def list_endpoints(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show every endpoint and how it does."""
    found = _read(data_dir, "/endpoints")
    if json:
        screen.print_json(found)
        return
    screen.print_rows(
        "Endpoints",
        ("Endpoint", "URL", "Types", "State", "Last error"),
        [
            (str(one["endpoint_id"]), one["url"], ", ".join(one["types"]) or "all", _state(one),
             one["last_error"] or "")
            for one in found["endpoints"]
        ],
    )  # fmt: skip


@webhooks.command
def show(endpoint_id: UUID, /, *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """Show one endpoint."""
    _print_endpoint(_read(data_dir, f"/endpoints/{endpoint_id}"), json=json)


@webhooks.command
def types(*, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False) -> None:
    """List the types an endpoint may ask for."""
    found = _read(data_dir, "/types")
    if json:
        screen.print_json(found)
        return
    for one in found["types"]:
        screen.say(one)


@webhooks.command
def change(
    endpoint_id: UUID, /, *, url: Annotated[str | None, Parameter(help="Where to.")] = None,
    types: Types = (), description: Description = None, wish: By,
) -> None:  # fmt: skip
    """Change where to, or what is told; what is left out stays."""
    given = {"url": url, "types": types or None, "description": description}
    _change(endpoint_id, wish, {name: value for name, value in given.items() if value is not None})


@webhooks.command
def disable(endpoint_id: UUID, /, *, wish: By) -> None:
    """Send it nothing more; what is on its way ends as failed."""
    _change(endpoint_id, wish, {"is_enabled": False})


@webhooks.command
def enable(endpoint_id: UUID, /, *, wish: By) -> None:
    """Send it again what happens from now on; `replay plan webhook:ENDPOINT` finds the rest."""
    _change(endpoint_id, wish, {"is_enabled": True})


@webhooks.command
def rotate(
    endpoint_id: UUID, /, *,
    keep_old_s: Annotated[float, Parameter(help="So long the old secret signs, too.")] = 86_400,
    wish: By,
) -> None:  # fmt: skip
    """Make a new secret, shown once; both sign until the old one's time is over."""
    body = {"keep_old_s": keep_old_s}
    _print_endpoint(_ask(wish, "POST", f"/endpoints/{endpoint_id}/secret", body), json=wish.json)


@webhooks.command
def ping(endpoint_id: UUID, /, *, wish: By) -> None:
    """Send something to try the receiver."""
    _print_delivery(_ask(wish, "POST", f"/endpoints/{endpoint_id}/ping", {}), json=wish.json)


@webhooks.command
def deliveries(
    *,
    endpoint: Annotated[UUID | None, Parameter(help="To this endpoint.")] = None,
    order: Annotated[str | None, Parameter(help="About this order.")] = None,
    outcome: Annotated[Outcome | None, Parameter(help="That ended so.")] = None,
    limit: int = 50,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """List what was sent, newest first, and how each ended."""
    found = _read(
        data_dir, "/deliveries", endpoint_id=endpoint and str(endpoint), order_id=order,
        outcome=outcome, limit=limit,
    )  # fmt: skip
    if json:
        screen.print_json(found)
        return
    screen.print_rows(
        "Deliveries",
        ("Delivery", "Type", "Order", "Outcome", "Requested", "What was seen"),
        [
            (str(one["delivery_id"]), one["type"], one["order_id"] or "", one["outcome"],
             str(one["requested_at"])[:19].replace("T", " "), _seen(one))
            for one in found["deliveries"]
        ],
    )  # fmt: skip


@webhooks.command
def delivery(
    delivery_id: UUID, /, *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """Show one delivery: what is sent, how often it was tried, how it ended."""
    _print_delivery(_read(data_dir, f"/deliveries/{delivery_id}"), json=json)


@webhooks.command
def resend(delivery_id: UUID, /, *, wish: By) -> None:
    """Send what has ended once more, under the same id."""
    found = _ask(wish, "POST", f"/deliveries/{delivery_id}/send-again", {})
    _print_delivery(found, json=wish.json)


def _change(endpoint_id: UUID, wish: Wish, changes: Answer) -> None:
    _print_endpoint(_ask(wish, "PATCH", f"/endpoints/{endpoint_id}", changes), json=wish.json)


def _ask(wish: Wish, method: str, path: str, body: Answer) -> Answer:
    async def work() -> Answer:
        found = Endpoints.find(wish.data_dir)
        return await call(
            found.notifier_url, method, f"/v1/webhooks{path}", key=found.api_key,
            json={**body, "who": wish.by, "why": wish.why},
            headers={"Idempotency-Key": wish.command_id or str(uuid4())},
        )  # fmt: skip

    return run(work())


def _read(data_dir: Path, path: str, **parameters: Any) -> Answer:
    async def work() -> Answer:
        told = {name: value for name, value in parameters.items() if value is not None}
        found = Endpoints.find(data_dir)
        where = f"/v1/webhooks{path}"
        return await call(found.notifier_url, "GET", where, key=found.api_key, params=told)

    return run(work())


def _state(one: Answer) -> str:
    if not one["is_enabled"]:
        return f"disabled ({one['code']})" if one["code"] else "disabled"
    return f"failing since {one['failing_since'][:19]}" if one["failing_since"] else "enabled"


def _seen(one: Answer) -> str:
    status = f"answered {one['status']}" if one["status"] else ""
    return " ".join(word for word in (one["code"], one["detail"] or status) if word)


def _print_endpoint(one: Answer, *, json: bool) -> None:
    if json:
        screen.print_json(one)
        return
    screen.say(f"{one['endpoint_id']}  {one['url']}  {_state(one)}")
    screen.say(f"Told: {', '.join(one['types']) or 'everything'}. {one['description'] or ''}")
    if one["last_error"]:
        screen.say(f"Last error: {one['last_error']}")
    if one.get("secret"):
        screen.say(f"Secret, shown this once: {one['secret']}")
    elif "secret" in one:
        screen.say("It was done before; the secret was shown then. `webhooks rotate` makes one.")


def _print_delivery(one: Answer, *, json: bool) -> None:
    if json:
        screen.print_json(one)
        return
    screen.say(f"{one['delivery_id']}  {one['outcome']}  {_seen(one)}")
    screen.say(f"webhook-id {one['message_id']}, taken up {one['attempts']} times")
    if one["next_attempt_at"]:
        screen.say(f"Next attempt {one['next_attempt_at']}; last seen: {one['last_error']}")
    if one["who"]:
        screen.say(f"Asked for by {one['who']}: {one['why'] or ''}")
    print(one["body"])
