"""The mail server: aiosmtpd on loopback, answering 250 only for what is on disk.

Its replies come in the order of RFC 5321, so PIPELINING is announced: aiosmtpd reads commands one
by one from a buffer and loses none.
"""

import asyncio
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.simulators.faults import FaultPlan
from deploy.simulators.group_commit import WriteRefusedError
from deploy.simulators.mailbox.store import MailStore
from kit.clock import Clock

MAIL_BYTES_MAX = 10_485_760
IDLE_S = 300
"""RFC 5321, section 4.5.3.2.7: a server waits five minutes for the next command."""

FAULT_MODES = ("refuse", "drop_after_accept", "reject", "slow")


class MailboxHandler:
    """Keeps what is sent, and does wrong what it is told to."""

    def __init__(self, store: MailStore, faults: FaultPlan, clock: Clock) -> None:
        self.faults = faults
        self._store = store
        self._clock = clock

    async def handle_EHLO(  # noqa: N802 - aiosmtpd names its hooks after commands
        self,
        server: SMTP,  # noqa: ARG002 - the hook's shape
        session: Session,
        envelope: Envelope,  # noqa: ARG002
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Announce PIPELINING beside aiosmtpd's own extensions."""
        session.host_name = hostname
        return [responses[0], "250-PIPELINING", *responses[1:]]

    async def handle_RCPT(  # noqa: N802
        self,
        server: SMTP,  # noqa: ARG002
        session: Session,  # noqa: ARG002
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Accept any recipient, unless `reject` strikes."""
        if self.faults.draw("reject"):
            return "550 5.1.1 Mailbox unavailable, by order of the experimenter"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002
        envelope: Envelope,
    ) -> str:
        """Keep the mail, then say so, unless `drop_after_accept` or `slow` strikes."""
        raw = envelope.content
        if not isinstance(raw, bytes):
            return "554 5.6.0 Internal error: the mail was decoded"
        sender = envelope.mail_from or ""
        fault = self.faults.draw("drop_after_accept", "slow")
        try:
            await self._store.keep(raw, sender, envelope.rcpt_tos, self._clock())
        except WriteRefusedError:
            return "452 4.3.1 The disk is full or broken, try again later"
        if fault and fault.mode == "slow":
            await asyncio.sleep(fault.delay_s)
        elif fault and server.transport is not None:
            cast("asyncio.Transport", server.transport).abort()
            # Wait for the connection's end to cancel this task: nothing may be answered any more.
            await asyncio.get_running_loop().create_future()
        return "250 2.0.0 OK, kept"


class MailboxSMTP(SMTP):
    """aiosmtpd's protocol, able to refuse before the data is sent."""

    def __init__(self, handler: MailboxHandler, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(
            handler,
            data_size_limit=MAIL_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname="mailbox.localhost",
            ident="Countermand mailbox",
            timeout=IDLE_S,
            loop=loop,
        )
        self._faults = handler.faults

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take the mail, unless `refuse` strikes."""
        has_recipient = self.envelope is not None and bool(self.envelope.rcpt_tos)
        if has_recipient and self._faults.draw("refuse"):
            await self.push("451 4.3.0 Refused for now, by order of the experimenter")
            return
        await super().smtp_DATA(arg)


async def listen(handler: MailboxHandler, host: str, port: int) -> asyncio.Server:
    """Start listening; returns the asyncio server."""
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: MailboxSMTP(handler, loop), host, port, backlog=512)
