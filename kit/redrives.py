"""Dead letters that come again: each redrive is decided anew once, however often it arrives.

A message that was set aside has its inbox row, so the same message would be a duplicate. A redrive
is a row that says somebody wants it decided again; the decision uses it up, in its transaction.
"""

from collections.abc import Sequence

from kit.cloudevents import Incoming
from kit.postgres import AnyConnection, Pool


class RedriveUsedError(Exception):
    """Somebody else has decided on this redrive meanwhile."""


async def find_renewed(pool: Pool, service: str, messages: Sequence[Incoming]) -> frozenset[str]:
    """Return the redrives whose message is decided anew although its id is in the inbox.

    Asks the database only when there is a redrive. Not among them are those whose dead letter left
    no inbox row, and those whose message id belongs to a message that was accepted.
    """
    first: dict[str, Incoming] = {}
    for message in messages:
        if message.redrive_id:
            first.setdefault(message.redrive_id, message)
    if not first:
        return frozenset()
    rows = await pool.fetch(
        f"""SELECT m.redrive_id FROM unnest($1::text[], $2::text[]) AS m (redrive_id, message_id)
            JOIN {service}.redrives r ON r.redrive_id = m.redrive_id AND r.answer IS NULL
            JOIN {service}.dead_letters d ON d.dead_letter_id = r.dead_letter_id
                AND d.message_id = m.message_id AND d.code <> 'MESSAGE_ID_REUSED'
            JOIN {service}.inbox i ON i.message_id = d.message_id
                AND i.fingerprint = d.fingerprint""",
        list(first), [m.id for m in first.values()],
    )  # fmt: skip
    return frozenset(row[0] for row in rows)


async def use_up(
    connection: AnyConnection,
    service: str,
    messages: Sequence[Incoming],
    answers: Sequence[str],
    renewed: frozenset[str],
) -> None:
    """Write down what came of each redrive and clear the inbox for the renewed messages.

    Raises:
        RedriveUsedError: not all of `renewed` may be decided anew any more.
    """
    first: dict[str, str] = {}
    for message, answer in zip(messages, answers, strict=True):
        if message.redrive_id:
            first.setdefault(message.redrive_id, answer)
    if not first:
        return
    used = await connection.fetch(
        f"UPDATE {service}.redrives r SET answer = m.answer, answered_at = now()"
        " FROM unnest($1::text[], $2::text[]) AS m (redrive_id, answer)"
        " WHERE r.redrive_id = m.redrive_id AND r.answer IS NULL RETURNING r.redrive_id",
        list(first), list(first.values()),
    )  # fmt: skip
    cleared = await connection.fetch(
        f"""DELETE FROM {service}.inbox i
            USING {service}.redrives r JOIN {service}.dead_letters d USING (dead_letter_id)
            WHERE r.redrive_id = ANY ($1::text[]) AND i.message_id = d.message_id
                AND i.fingerprint = d.fingerprint RETURNING i.message_id""",
        list(renewed),
    )
    if len(cleared) < len(renewed) or not renewed <= {row[0] for row in used}:
        raise RedriveUsedError
