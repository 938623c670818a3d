"""The mail server as its clients meet it: over SMTP, killed, faulty; and its pages."""

import contextlib
import json
import smtplib
import socket
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from tests.integration.simulator_process import SimulatorProcess, free_port, running

pytestmark = pytest.mark.integration


class Mailbox(SimulatorProcess):
    """A mailbox process and the clients of its two doors."""

    def __init__(self, directory: Path) -> None:
        self.smtp_port, http_port = free_port(), free_port()
        super().__init__(
            "deploy.simulators.mailbox",
            http_port,
            directory / "log.txt",
            *("--smtp-port", str(self.smtp_port), "--http-port", str(http_port)),
            *("--directory", str(directory / "mails")),
        )

    def smtp(self) -> smtplib.SMTP:
        return smtplib.SMTP("127.0.0.1", self.smtp_port, timeout=10)

    def get(self, path: str, **query: Any) -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", params=query)

    def found(self, query: str) -> list[dict[str, Any]]:
        mails: list[dict[str, Any]] = self.get("/api/mails", q=query).json()["mails"]
        return mails

    def arm(self, **fault: Any) -> None:
        answer = httpx2.post(f"{self.url}/_sim/faults", json=fault)
        assert answer.status_code == 200, answer.text

    def show_faults(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = self.get("/_sim/faults").json()
        return faults


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    mailbox = Mailbox(tmp_path_factory.mktemp("mailbox"))
    with running(mailbox):
        yield mailbox


@pytest.fixture
def mailbox(process: Mailbox) -> Iterator[Mailbox]:
    yield process
    httpx2.delete(f"{process.url}/_sim/faults")


def mail(name: str, subject: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Atelier Marée <shop@example.com>"
    message["To"] = f"{name}@example.com"
    message["Subject"] = subject or f"Order {name} is cancelled"
    message["Message-ID"] = f"<{name}@countermand.example>"
    message["X-Countermand-Order-Id"] = f"ORD-{name}"
    message.set_content("Hello Renée,\n.\n.. your refund is on its way.\n")
    message.add_alternative("<p>Hello</p><script>document.title='owned'</script>", subtype="html")
    return message


def test_a_mail_is_kept_byte_for_byte(mailbox: Mailbox) -> None:
    sent = b"Subject: bytes\r\nMessage-ID: <bytes@x>\r\n\r\n.dot\r\n..two\r\n\xe9 raw\r\n"
    with mailbox.smtp() as smtp:
        smtp.sendmail("a@example.com", ["bytes@example.com"], sent, ["BODY=8BITMIME"])
    (entry,) = mailbox.found("bytes@example.com")
    assert mailbox.get(f"/mails/{entry['number']}/raw").content == sent
    assert entry["size"] == len(sent)


def test_the_index_tells_who_what_and_which_order(mailbox: Mailbox) -> None:
    with mailbox.smtp() as smtp:
        smtp.send_message(mail("index", "Commande annulée"))
    (entry,) = mailbox.found("ord-index")
    assert entry["rcpt"] == ["index@example.com"]
    assert entry["subject"] == "Commande annulée"
    assert entry["message_id"] == "<index@countermand.example>"
    assert entry["x_headers"] == {"X-Countermand-Order-Id": "ORD-index"}
    lines = mailbox.get("/api/index").text.splitlines()
    assert json.loads(lines[entry["number"] - 1]) == entry


def test_takes_unicode_addresses(mailbox: Mailbox) -> None:
    with mailbox.smtp() as smtp:
        smtp.sendmail(
            "a@example.com",
            ["renée@example.com"],
            mail("u").as_bytes(),
            ["SMTPUTF8", "BODY=8BITMIME"],
        )
    assert mailbox.found("renée@")[0]["rcpt"] == ["renée@example.com"]


def test_never_removes_a_duplicate(mailbox: Mailbox) -> None:
    before = mailbox.get("/api/summary").json()["repeated"]
    with mailbox.smtp() as smtp:
        for _ in range(3):
            smtp.send_message(mail("twice"))
    assert len(mailbox.found("twice@example.com")) == 3
    assert mailbox.get("/api/summary").json()["repeated"] == before + 1
    assert "3 copies" in mailbox.get("/", q="twice@").text


def test_takes_pipelined_transactions(mailbox: Mailbox) -> None:
    transaction = "MAIL FROM:<a@x.example>\r\nRCPT TO:<pipe-{}@x.example>\r\nDATA\r\n"
    with socket.create_connection(("127.0.0.1", mailbox.smtp_port), 10) as line:
        replies = line.makefile("rb")
        assert replies.readline().startswith(b"220")
        line.sendall(b"EHLO pipe\r\n" + transaction.format(1).encode())
        codes = [replies.readline() for _ in range(9)]
        assert b"250-PIPELINING\r\n" in codes
        assert codes[-1].startswith(b"354")
        line.sendall(b"Subject: 1\r\n\r\n.\r\n" + transaction.format(2).encode())
        assert [replies.readline()[:3] for _ in range(4)] == [b"250", b"250", b"250", b"354"]
        line.sendall(b"Subject: 2\r\n\r\n.\r\nQUIT\r\n")
        assert [replies.readline()[:3] for _ in range(2)] == [b"250", b"221"]
        replies.close()
    assert [entry["subject"] for entry in mailbox.found("pipe-")] == ["2", "1"]


def test_refuses_more_than_ten_megabytes(mailbox: Mailbox) -> None:
    message = mail("large")
    message.add_attachment(b"x" * 10_485_760, maintype="application", subtype="pdf")
    with mailbox.smtp() as smtp, pytest.raises(smtplib.SMTPSenderRefused) as refusal:
        smtp.send_message(message)
    assert refusal.value.smtp_code == 552


def test_refuse_strikes_before_the_data(mailbox: Mailbox) -> None:
    mailbox.arm(mode="refuse", count=1)
    with mailbox.smtp() as smtp:
        with pytest.raises(smtplib.SMTPDataError) as refusal:
            smtp.send_message(mail("refused"))
        assert refusal.value.smtp_code == 451
        assert mailbox.found("refused@") == []
        smtp.rset()
        smtp.send_message(mail("refused"))
    assert len(mailbox.found("refused@")) == 1


def test_reject_strikes_at_the_recipient(mailbox: Mailbox) -> None:
    mailbox.arm(mode="reject", count=1)
    with mailbox.smtp() as smtp, pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        smtp.send_message(mail("rejected"))
    assert refusal.value.recipients["rejected@example.com"][0] == 550
    assert mailbox.found("rejected@") == []


def test_drop_after_accept_keeps_the_mail_and_cuts(mailbox: Mailbox) -> None:
    mailbox.arm(mode="drop_after_accept", count=1)
    with pytest.raises(smtplib.SMTPServerDisconnected), mailbox.smtp() as smtp:
        smtp.send_message(mail("dropped"))
    assert len(mailbox.found("dropped@")) == 1
    assert mailbox.show_faults()[0]["fired_count"] == 1


def test_an_impossible_fault_is_refused_in_words(mailbox: Mailbox) -> None:
    answer = httpx2.post(f"{mailbox.url}/_sim/faults", json={"mode": "decline", "count": 1})
    assert answer.status_code == 400
    assert "refuse, drop_after_accept" in answer.json()["error"]["message"]


def test_pages_stay_the_same_while_mail_arrives(mailbox: Mailbox) -> None:
    with mailbox.smtp() as smtp:
        for n in range(5):
            smtp.send_message(mail(f"keyset-{n}"))
        first = mailbox.get("/api/mails", q="keyset-", limit=2).json()
        smtp.send_message(mail("keyset-late"))
    second = mailbox.get("/api/mails", q="keyset-", limit=9, before=first["next_before"]).json()
    names = [entry["rcpt"][0].partition("@")[0] for entry in first["mails"] + second["mails"]]
    assert names == [f"keyset-{n}" for n in (4, 3, 2, 1, 0)]
    assert second["next_before"] is None


def test_a_mails_html_can_do_nothing(mailbox: Mailbox) -> None:
    with mailbox.smtp() as smtp:
        smtp.send_message(mail("hostile", "<script>alert(1)</script>"))
    number = mailbox.found("hostile@")[0]["number"]
    page, html = mailbox.get(f"/mails/{number}"), mailbox.get(f"/mails/{number}/html")
    assert "<script" not in page.text
    assert "&lt;script&gt;alert(1)" in page.text
    assert 'sandbox=""' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]
    assert html.headers["content-security-policy"].endswith("sandbox")
    assert "<p>Hello</p>" in html.text


def test_what_does_not_exist_is_said_in_words(mailbox: Mailbox) -> None:
    assert mailbox.get("/mails/999999").status_code == 404
    assert mailbox.get("/", before="x").status_code == 400
    assert mailbox.get("/api/mails", limit=0).status_code == 400
    assert "No mail matches" in mailbox.get("/", q="nobody at all").text


def test_every_accepted_mail_outlives_kill_9(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path)
    mailbox.start()
    accepted: list[str] = []

    def send(worker: int) -> None:
        with contextlib.suppress(smtplib.SMTPException, OSError), mailbox.smtp() as smtp:
            for n in range(100_000):
                smtp.send_message(mail(f"kill-{worker}-{n}-"))
                accepted.append(f"kill-{worker}-{n}-@example.com")

    senders = [Thread(target=send, args=(worker,)) for worker in range(4)]
    for sender in senders:
        sender.start()
    while len(accepted) < 50:
        senders[0].join(0.05)
    mailbox.kill()
    for sender in senders:
        sender.join()

    mails = tmp_path / "mails"
    with (mails / "mails.mbox").open("ab") as raw, (mails / "index.jsonl").open("ab") as index:
        raw.write(b"Subject: half a mail")
        index.write(b'{"number":')
    with running(mailbox):
        with mailbox.smtp() as smtp:
            smtp.send_message(mail("after"))
        kept = [json.loads(line) for line in mailbox.get("/api/index").text.splitlines()]
        last_raw = mailbox.get(f"/mails/{len(kept)}/raw").content
    assert set(accepted) <= {entry["rcpt"][0] for entry in kept}
    assert len(kept) <= len(accepted) + len(senders) + 1
    assert [entry["number"] for entry in kept] == list(range(1, len(kept) + 1))
    assert last_raw.startswith(b"From: Atelier")
    assert b"<after@countermand.example>" in last_raw
