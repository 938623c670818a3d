"""Mails are indexed, kept and read whatever they hold."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.simulators.append_only import FileDamagedError
from deploy.simulators.mailbox.headers import X_HEADERS_MAX, read_headers
from deploy.simulators.mailbox.reading import read_mail
from deploy.simulators.mailbox.store import MailStore

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def raw(name: str) -> bytes:
    return f"Subject: {name}\r\nMessage-ID: <{name}>\r\n\r\nHello\r\n".encode()


@pytest.mark.parametrize(
    ("head", "subject"),
    [
        (b"Subject: plain", "plain"),
        (b"SUBJECT:no space", "no space"),
        (b"Subject: folded\r\n  over lines", "folded over lines"),
        (b"Subject: =?utf-8?q?annul=C3=A9e?=", "annulée"),
        (b"Subject: =?utf-8?b?YW5udWzDqQ==?=\r\n =?utf-8?q?e?=", "annulée"),
        (b"Subject: =?nonsense?q?x?=", "=?nonsense?q?x?="),
        (b"Subject: =?utf-8?b?!!!?=", ""),
        ("Subject: annulée".encode(), "annulée"),
        (b"Subject: first\r\nSubject: second", "first"),
        (b"X-Subject: other", ""),
        (b"no colon at all", ""),
        (b"", ""),
    ],
)
def test_reads_a_subject(head: bytes, subject: str) -> None:
    assert read_headers(head + b"\r\n\r\nSubject: body\r\n").subject == subject


def test_keeps_x_headers_up_to_a_limit() -> None:
    head = "".join(f"X-{n}: {n}\r\n" for n in range(X_HEADERS_MAX + 5)).encode()
    assert len(read_headers(head).x_headers) == X_HEADERS_MAX


async def test_a_restart_finds_what_was_kept_and_cuts_the_rest(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    for name in ("one", "two"):
        await store.keep(raw(name), "a@example.com", ["b@example.com"], NOW)
    summary = store.summary()
    await store.close()
    with (tmp_path / "mails.mbox").open("ab") as file:
        file.write(b"Subject: written, but never indexed")
    again = MailStore(tmp_path)
    assert again.summary() == summary
    await again.keep(raw("three"), "a@example.com", ["b@example.com"], NOW)
    assert [mail.subject for mail in again.newest_first()] == ["three", "two", "one"]
    assert [again.raw(mail) for mail in again.newest_first()] == [
        raw("three"),
        raw("two"),
        raw("one"),
    ]
    await again.close()


async def test_a_mail_whose_sender_hung_up_is_kept_all_the_same(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    abandoned = asyncio.ensure_future(store.keep(raw("one"), "a@x.example", ["b@x.example"], NOW))
    abandoned.cancel()
    await store.keep(raw("two"), "a@x.example", ["b@x.example"], NOW)
    assert [mail.subject for mail in store.newest_first()] == ["two", "one"]
    await store.close()


async def test_an_index_beyond_its_mails_is_refused(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    await store.keep(raw("one"), "a@example.com", ["b@example.com"], NOW)
    await store.close()
    (tmp_path / "mails.mbox").write_bytes(b"")
    with pytest.raises(FileDamagedError, match="shorter than its index"):
        MailStore(tmp_path)


async def test_a_search_looks_at_recipient_subject_id_and_order(tmp_path: Path) -> None:
    store = MailStore(tmp_path)
    mail = b"Subject: Hello\r\nMessage-ID: <id-1>\r\nX-Order-Id: ORD-9\r\n\r\nsecret\r\n"
    await store.keep(mail, "sender@example.com", ["Renee@example.com"], NOW)
    for query in ("renee@", "HELLO", "id-1", "ord-9", ""):
        assert len(list(store.newest_first(query))) == 1
    assert list(store.newest_first("secret")) == []
    await store.close()


def test_takes_a_mail_apart() -> None:
    mail = read_mail(
        b'Content-Type: multipart/mixed; boundary="b"\r\nSubject: =?utf-8?q?=C3=A9?=\r\n\r\n'
        b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
        b"--b\r\nContent-Type: text/html; charset=martian\r\n\r\n<p>caf\xc3\xa9</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=a.txt\r\n"
        b"\r\nabc\r\n--b--\r\n"
    )
    assert mail.text == "café"
    assert mail.html == "<p>café</p>"
    assert mail.attachments == [("a.txt", "text/plain", 3)]
    assert ("Subject", "é") in mail.headers


def test_survives_a_mail_nested_beyond_reason() -> None:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n)
        for n in range(2_000)
    )
    assert "nested too deeply" in (read_mail(nested).text or "")


@pytest.mark.parametrize(
    "broken", [b"", b"\r\n\r\n", b"\xff\xfe\x00", b"Content-Type: x/y/z\r\n\r\n"]
)
def test_reads_what_is_hardly_a_mail(broken: bytes) -> None:
    assert read_mail(broken).html is None
