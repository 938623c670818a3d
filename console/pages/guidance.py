"""Help: how to cancel, what each choice does, when to escalate, and what every refusal means."""

from starlette.responses import Response

from console.desk import Visit
from console.pages import asking
from console.pages.cancel import REFUNDS, RESTOCKS, SHIPPINGS

STEPS = ("find", "look", "choose", "see", "after")
TELL_UP = ("fraud", "money", "unknown", "legal", "many")
"""When somebody asks a higher role instead of deciding."""


async def show(visit: Visit) -> Response:
    """Show the help."""
    return visit.page(
        "help.html",
        steps=STEPS,
        choices={"refund": REFUNDS, "restock": RESTOCKS, "shipping": SHIPPINGS},
        tell_up=TELL_UP,
        rules=(await asking.rules_of(visit)).values(),
    )
