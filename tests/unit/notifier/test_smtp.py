"""What each failure at the mail server means: certain and harmless, final, or unknown."""

from collections.abc import Sequence
from typing import Any

import aiosmtplib
import pytest

from services.notifier.adapters.smtp import SmtpMailer
from services.notifier.ports import Accepted, Mail, NotReached, Refused, Unknown

MAIL = Mail("ada@example.com", b"Subject: hello\r\n\r\nhello\r\n")
LOST = aiosmtplib.SMTPServerDisconnected("gone")
SLOW = aiosmtplib.SMTPReadTimeoutError("slow")


class Server(aiosmtplib.SMTP):
    """aiosmtplib's client without a line; fails where it is told to, once."""

    def __init__(self, **failures: Exception) -> None:
        super().__init__(hostname="mail.example", port=25)
        self.failures, self.steps = failures, list[str]()

    async def _step(self, name: str) -> Any:
        self.steps.append(name)
        if name in self.failures:
            raise self.failures.pop(name)

    async def connect(self, **_: Any) -> Any:
        return await self._step("connect")

    async def mail(self, *_: Any, **__: Any) -> Any:
        return await self._step("mail")

    async def rcpt(self, *_: Any, **__: Any) -> Any:
        return await self._step("rcpt")

    async def data(self, *_: Any, **__: Any) -> Any:
        await self._step("data")
        return aiosmtplib.SMTPResponse(250, "2.0.0 queued as 7F3A")

    async def rset(self, **_: Any) -> Any:
        return await self._step("rset")

    def close(self) -> None:
        self.steps.append("close")


class Mailer(SmtpMailer):
    """The real mailer on prepared connections."""

    def __init__(self, *servers: Server) -> None:
        super().__init__("mail.example", 25, sender="orders@shop.example", connections_max=1)
        self.prepared: Sequence[Server] = servers
        self.opened = 0

    def _client(self) -> aiosmtplib.SMTP:
        self.opened += 1
        return self.prepared[self.opened - 1]


async def test_a_message_taken_is_accepted_and_the_connection_kept() -> None:
    server = Server()
    mailer = Mailer(server)
    assert await mailer.send(MAIL) == Accepted("250 2.0.0 queued as 7F3A")
    assert await mailer.send(MAIL) == Accepted("250 2.0.0 queued as 7F3A")
    assert server.steps == ["connect", "mail", "rcpt", "data", "mail", "rcpt", "data"]


@pytest.mark.parametrize("step", ["connect", "mail", "rcpt"])
@pytest.mark.parametrize(
    "failure", [LOST, SLOW, OSError("no route"), TimeoutError(), ConnectionRefusedError("no")]
)
async def test_before_the_message_is_offered_a_lost_line_is_harmless(
    step: str, failure: Exception
) -> None:
    assert isinstance(await Mailer(Server(**{step: failure})).send(MAIL), NotReached)


@pytest.mark.parametrize("failure", [LOST, SLOW, OSError("reset"), TimeoutError()])
async def test_after_the_message_was_offered_a_lost_line_leaves_it_unknown(
    failure: Exception,
) -> None:
    server = Server(data=failure)
    assert isinstance(await Mailer(server).send(MAIL), Unknown)
    assert server.steps[-1] == "close"


@pytest.mark.parametrize(
    ("step", "failure"),
    [
        ("rcpt", aiosmtplib.SMTPRecipientRefused(550, "no", "ada@example.com")),
        ("data", aiosmtplib.SMTPDataError(550, "no")),
    ],
)
async def test_a_permanent_refusal_is_final(step: str, failure: Exception) -> None:
    assert await Mailer(Server(**{step: failure})).send(MAIL) == Refused("SMTP_550", "no")


async def test_a_server_that_refuses_us_has_said_nothing_about_the_customer() -> None:
    refused = aiosmtplib.SMTPSenderRefused(550, "no", "orders@shop.example")
    assert isinstance(await Mailer(Server(mail=refused)).send(MAIL), NotReached)


@pytest.mark.parametrize(
    ("step", "failure"),
    [
        ("connect", aiosmtplib.SMTPConnectResponseError(421, "busy")),
        ("rcpt", aiosmtplib.SMTPRecipientRefused(451, "later", "ada@example.com")),
        ("data", aiosmtplib.SMTPDataError(452, "full")),
    ],
)
async def test_a_passing_refusal_is_offered_again(step: str, failure: Exception) -> None:
    assert isinstance(await Mailer(Server(**{step: failure})).send(MAIL), NotReached)


@pytest.mark.parametrize("step", ["mail", "rcpt"])
async def test_a_kept_connection_found_closed_is_replaced(step: str) -> None:
    first, second = Server(), Server()
    mailer = Mailer(first, second)
    assert await mailer.send(MAIL) == Accepted("250 2.0.0 queued as 7F3A")
    first.failures[step] = LOST
    assert await mailer.send(MAIL) == Accepted("250 2.0.0 queued as 7F3A")
    assert mailer.opened == 2
    assert first.steps[-1] == "close"


async def test_a_connection_lost_with_a_message_is_never_used_again() -> None:
    first, second = Server(data=LOST), Server()
    mailer = Mailer(first, second)
    await mailer.send(MAIL)
    assert await mailer.send(MAIL) == Accepted("250 2.0.0 queued as 7F3A")
    assert first.steps.count("data") == 1


async def test_an_address_that_is_not_ascii_is_refused_before_a_connection_is_opened() -> None:
    mailer = Mailer()
    answer = await mailer.send(Mail("zoé@example.fr", MAIL.content))
    assert isinstance(answer, Refused)
    assert answer.code == "ADDRESS_NOT_ASCII"


async def test_words_of_the_server_are_cut_to_what_can_be_recorded() -> None:
    failure = aiosmtplib.SMTPRecipientRefused(550, "x" * 900, "ada@example.com")
    answer = await Mailer(Server(rcpt=failure)).send(MAIL)
    assert isinstance(answer, Refused)
    assert len(answer.detail) == 500
