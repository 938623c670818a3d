"""The verbs `claims take` and `claims release`."""

from typing import Annotated

from cyclopts import App, Parameter

from countermand.cancelling.sending import NOBODY, From, given, send
from countermand.cancelling.units import Lines, read_lines

claims = App(name="claims", help="Claim units for packing, so that nobody cancels them meanwhile.")


@claims.command
def take(order_id: str, *, line: Lines = (), sender: From = NOBODY) -> None:
    """Claim units; without --line all that is open and not claimed."""
    body = {"lines": given(tuple(read_lines(line)))}
    send(sender, f"/v1/orders/{order_id}/fulfillment-claims", body)


@claims.command
def release(
    order_id: str,
    claim_id: Annotated[str, Parameter(help="As the answer to whoever claimed named it.")],
    *,
    sender: From = NOBODY,
) -> None:
    """Give a claim up; what of it was not shipped can be cancelled again."""
    send(sender, f"/v1/orders/{order_id}/fulfillment-claims/{claim_id}/release", {})
