"""Mails beside the message leg, as the notifier's log has them, and the vouchers in mails.

Each mail is checked like a leg's.
"""

from collections.abc import Iterable
from uuid import UUID

import orjson

from countermand.verify.decided import Decided, read_log
from countermand.verify.mismatch import Mismatch
from countermand.verify.vouchers import VoucherBook
from kit.event_store import LogEntry
from kit.ids import child_id
from kit.postgres import OwnConnection


async def read_further(connection: OwnConnection, decided: Decided) -> VoucherBook:
    """Add every further mail and how it ended to what was decided; return the vouchers."""
    vouchers = VoucherBook()
    async for page in read_log(connection, "notifier"):
        read_page(decided, page)
        vouchers.read_page(page)
    return vouchers


def read_page(decided: Decided, page: Iterable[LogEntry]) -> None:
    """Add one page of the notifier's log."""
    for entry in page:
        if entry.name not in ("notification.requested.v1", "notification.reported.v1"):
            continue
        fact = orjson.loads(entry.body)["fact"]
        message_id = UUID(fact["message_id"])
        if entry.name == "notification.reported.v1":
            decided.message_outcomes[message_id] = fact["outcome"]
        elif fact["template"] != "order_cancelled" or fact.get("resend_of"):
            decided.messages[message_id] = fact["order_id"]
            cancellation_id = fact["cancellation_id"]
            if (
                cancellation_id
                and child_id(UUID(cancellation_id), "order_cancelled") in decided.silent
            ):
                about = f"{fact['template']} of order {fact['order_id']}"
                detail = f"mail {message_id}, {about}, though nobody was to be told"
                decided.wrong.append(Mismatch("wrong", detail))
