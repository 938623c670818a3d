"""Mail over SMTP on kept connections (RFC 5321).

Up to the moment the message body is offered a failure is certain and harmless; from then until the
server's answer is read, a lost line leaves the outcome unknown.
"""

import asyncio
from contextlib import suppress

import aiosmtplib

from services.notifier.ports import Accepted, Mail, NotReached, Refused, Unknown

TIMEOUT_S = 10.0
"""Per SMTP command. RFC 5321 allows minutes; a server that slow is tried again later."""

PERMANENT = 500
"""Reply codes from here on are final (RFC 5321, 4.2.1)."""


class SmtpMailer:
    """Mailer over at most `connections_max` kept connections."""

    def __init__(self, host: str, port: int, *, sender: str, connections_max: int) -> None:
        self._host, self._port, self._sender = host, port, sender
        self._idle: list[aiosmtplib.SMTP] = []
        self._slots = asyncio.Semaphore(connections_max)

    async def close(self) -> None:
        """Close the idle connections."""
        for client in self._idle:
            client.close()

    async def send(self, mail: Mail) -> Accepted | Refused | NotReached | Unknown:
        """Offer one message; see the port."""
        if not mail.recipient.isascii():  # that needs SMTPUTF8 (RFC 6531), which is rarely spoken
            return Refused("ADDRESS_NOT_ASCII", "this mailer writes to ASCII addresses only")
        async with self._slots:
            client = await self._offer_envelope(mail)
            if not isinstance(client, aiosmtplib.SMTP):
                return client
            try:
                taken = await client.data(mail.content)
            except aiosmtplib.SMTPDataError as refusal:
                # The envelope is still open on the server's side: not a connection to keep.
                client.close()
                return _refused(refusal)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as lost:
                client.close()
                return Unknown(f"{type(lost).__name__} after the message was offered: {lost}"[:300])
            self._idle.append(client)
            return Accepted(f"{taken.code} {taken.message}"[:500])

    async def _offer_envelope(self, mail: Mail) -> aiosmtplib.SMTP | Refused | NotReached:
        """Connect, name sender and recipient; a kept connection found closed is replaced."""
        while True:
            is_kept = bool(self._idle)
            client = self._idle.pop() if is_kept else self._client()
            try:
                if not is_kept:
                    await client.connect()
                await client.mail(self._sender)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as trouble:
                # Whatever the code: this is between the server and us, not about this customer.
                client.close()
                if not is_kept:
                    return NotReached(f"{type(trouble).__name__}: {trouble}"[:300])
                continue
            try:
                await client.rcpt(mail.recipient)
            except aiosmtplib.SMTPResponseException as refusal:
                with suppress(aiosmtplib.SMTPException, OSError):
                    await client.rset()
                    self._idle.append(client)
                return _refused(refusal)
            except (aiosmtplib.SMTPException, OSError, TimeoutError) as lost:
                client.close()
                if not is_kept:
                    return NotReached(f"{type(lost).__name__}: {lost}"[:300])
            else:
                return client

    def _client(self) -> aiosmtplib.SMTP:
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=TIMEOUT_S,
            start_tls=False,
            use_tls=False,
            local_hostname="countermand.local",
        )


def _refused(refusal: aiosmtplib.SMTPResponseException) -> Refused | NotReached:
    if refusal.code >= PERMANENT:
        return Refused(f"SMTP_{refusal.code}", refusal.message[:500])
    return NotReached(f"{refusal.code} {refusal.message}"[:300])
