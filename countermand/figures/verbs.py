"""The verbs `figures cancellations`, `refunds`, `requests` and `entries`."""

from typing import Annotated, Literal

from cyclopts import App, Parameter

from contracts.cancellation import ActorType, PendingKind
from contracts.notifier import FeedbackAnswer
from contracts.values import Tender
from countermand.figures import shown
from countermand.figures.asking import ALL, EMPTY, FLAT, PLAIN, Form, Wanted, ask
from services.cancellation.projections.figure_entries import Of
from services.cancellation.projections.figure_queries import CancelledBy, RefundsBy, RequestsBy

figures = App(name="figures", help="What was sold, cancelled, refunded and asked for, and why.")

Group = Parameter(help="One row for each …")

SubReason = Annotated[
    str | None, Parameter(help="The merchant's own reason; empty for none.")
]  # fmt: skip
Product = Annotated[str | None, Parameter(help="Number of an article.")]
Actor = Annotated[ActorType | None, Parameter(help="What kind of party asked.")]
Staff = Annotated[str | None, Parameter(help="Who of the staff asked.")]
Feedback = Annotated[
    FeedbackAnswer | Literal[""] | None,
    Parameter(help="What the customer answered; empty for no answer."),
]
Paid = Annotated[Tender | None, Parameter(help="What the payment was made with.")]
Method = Annotated[str | None, Parameter(help=f"How, in particular; {EMPTY}.")]
Kind = Annotated[PendingKind | None, Parameter(help="Why it waited.")]


@figures.command
def cancellations(
    *,
    by: Annotated[CancelledBy, Group] = "TOTAL",
    sub_reason: SubReason = None,
    product: Product = None,
    actor: Actor = None,
    staff: Staff = None,
    feedback: Feedback = None,
    visits: Annotated[int | None, Parameter(help="Of the shop in these days.")] = None,
    wanted: Annotated[Wanted, FLAT] = ALL,
    form: Annotated[Form, FLAT] = PLAIN,
) -> None:
    """Count what was placed, what of it was cancelled and why, and what customers said of it."""
    answer = ask(
        "cancellations", wanted, form, by=by, sub_reason=sub_reason, product=product, actor=actor,
        staff=staff, feedback=feedback, visits=visits,
    )  # fmt: skip
    if answer:
        shown.print_cancellations(answer, by)


@figures.command
def refunds(
    *,
    by: Annotated[RefundsBy, Group] = "TOTAL",
    tender: Paid = None,
    method: Method = None,
    wanted: Annotated[Wanted, FLAT] = ALL,
    form: Annotated[Form, FLAT] = PLAIN,
) -> None:
    """Count refunds, how they stand, and how long those took that succeeded."""
    answer = ask("refunds", wanted, form, by=by, tender=tender, method=method)
    if answer:
        shown.print_refunds(answer, by)


@figures.command
def requests(
    *,
    by: Annotated[RequestsBy, Group] = "TOTAL",
    kind: Kind = None,
    wanted: Annotated[Wanted, FLAT] = ALL,
    form: Annotated[Form, FLAT] = PLAIN,
) -> None:
    """Count requests, how they were answered, and how long that took."""
    answer = ask("requests", wanted, form, by=by, kind=kind)
    if answer:
        shown.print_requests(answer, by)


@figures.command
def entries(
    of: Annotated[Of, Parameter(help="Of which kind.")],
    *,
    sub_reason: SubReason = None,
    product: Product = None,
    actor: Actor = None,
    staff: Staff = None,
    feedback: Feedback = None,
    tender: Paid = None,
    method: Method = None,
    refund_state: Annotated[
        Literal["SUCCEEDED", "OPEN", "FAILED"] | None, Parameter(help="How refunds stand.")
    ] = None,
    kind: Kind = None,
    outcome: Annotated[
        Literal["APPROVED", "DENIED", "OPEN"] | None, Parameter(help="How they were answered.")
    ] = None,
    after: Annotated[str | None, Parameter(help="Where the page before ended.")] = None,
    wanted: Annotated[Wanted, FLAT] = ALL,
    form: Annotated[Form, FLAT] = PLAIN,
) -> None:
    """List exactly what a number counts, the newest first."""
    answer = ask(
        "entries", wanted, form, of=of, sub_reason=sub_reason, product=product, actor=actor,
        staff=staff, feedback=feedback, tender=tender, method=method, refund_state=refund_state,
        kind=kind, outcome=outcome, after=after,
    )  # fmt: skip
    if answer:
        shown.print_entries(answer)
