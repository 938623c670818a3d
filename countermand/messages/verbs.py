"""The verbs `messages list`, `show`, `resend` and `bounce`."""

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from countermand import screen
from countermand.endpoints import DEFAULT_DATA_DIR
from countermand.links import LinkKeys
from countermand.verb import DataDir, Json, run
from deploy.local.processes import LINK_KEY

messages = App(name="messages", help="Mails to customers: what was sent, again, or came back.")

Sender = Annotated[str, Parameter(help="The `From` it was sent with.", env_var="NOTIFIER_SENDER")]
Secret = Annotated[
    str, Parameter(help="What its feedback link was made with.", env_var="NOTIFIER_SECRET")
]


@messages.command(name="list")
def list_messages(
    order_id: str, /, *, data_dir: DataDir = DEFAULT_DATA_DIR, json: Json = False
) -> None:
    """Show the mails about one order, and how each ended."""
    from countermand.messages import desk  # noqa: PLC0415 - keeps other verbs quick

    found = [mail.to_json() for mail in run(desk.list_mails(data_dir, order_id))]
    if json:
        screen.print_json({"messages": found})
        return
    for mail in found:
        more = f"  came back: {mail['bounce']}" if mail["bounce"] else ""
        words = mail["answer"] or mail["detail"] or ""
        if mail["text_problem"]:
            more += f"  sent with the shipped words: {mail['text_problem']}"
        screen.say(f"{mail['message_id']}  {mail['kind']}  {mail['outcome']}  {words}{more}")
    if not found:
        screen.say(f"No mails about order {order_id}.")


@messages.command
def show(
    message_id: UUID,
    /,
    *,
    sender: Sender = "Orders <orders@shop.example>",
    secret: Secret = "",
    keys: Annotated[LinkKeys, Parameter(name="--link-keys")] = LINK_KEY,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Print a mail byte for byte, what the server said, and whether its hash proves it."""
    from countermand.messages import desk  # noqa: PLC0415

    mail = run(desk.find_mail(data_dir, message_id))
    content, is_proved = mail.written(sender, secret.encode(), keys.split(","))
    if json:
        text = content.decode("utf-8", "replace")
        screen.print_json({**mail.to_json(), "content": text, "is_proved": is_proved})
        return
    proof = {
        True: "The hash proves that this is what was sent.",
        False: "This is not what was sent: other words, another sender, or another version.",
        None: "No hash was recorded: nothing was accepted, or it was before there were any.",
    }
    screen.say(f"{mail.outcome} {mail.said.get('answer') or mail.said.get('detail') or ''}")
    screen.say(proof[is_proved])
    sys.stdout.buffer.write(content)


@messages.command
def resend(
    message_id: UUID,
    /,
    *,
    who: Annotated[str, Parameter(name="--by", help="Who wants it: a person's name.")],
    why: Annotated[str, Parameter(name="--why", help="Why; kept for ever.")],
    command_id: Annotated[
        str | None, Parameter(help="The same again sends nothing more; left out, MESSAGE and day.")
    ] = None,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Send a mail again, as a message of its own; who and why are kept."""
    from countermand.messages import desk  # noqa: PLC0415
    from kit.clock import utc_now  # noqa: PLC0415

    wish = command_id or f"{message_id}:{utc_now():%Y-%m-%d}"
    new = run(desk.resend(data_dir, message_id, who=who, why=why, wish=wish))
    if json:
        screen.print_json({"message_ids": new})
    else:
        screen.say(f"To be sent as {new[0]}." if new else "It was asked for before; nothing new.")


@messages.command
def bounce(
    file: Annotated[Path, Parameter(help="A delivery report as it came; - reads it from stdin.")],
    /,
    *,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    json: Json = False,
) -> None:
    """Record from a delivery report (RFC 3464) that a mail came back."""
    from countermand.messages import desk  # noqa: PLC0415

    content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    found = run(desk.record_bounce(data_dir, content))
    if json:
        screen.print_json(found)
    else:
        known = "" if found["is_new"] else " It was known."
        screen.say(f"{found['message_id']} came back: {found['code']} {found['detail']}.{known}")
