"""Every accepted mail: raw in one growing file, one line each in an index beside it.

A mail is written and fsynced before its index line is, so the index never points at nothing; a
mail without an index line was never answered with 250, and is cut away at the next start.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from deploy.simulators.append_only import AppendOnlyFile, FileDamagedError, read_entries
from deploy.simulators.group_commit import GroupCommit
from deploy.simulators.mailbox.headers import read_headers

SEPARATOR = b"\r\n"
"""Follows every mail in the file, so that a person can page through it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One accepted mail, as the index knows it."""

    number: int
    """1 for the first mail ever kept, without gaps."""
    accepted_at: str
    """RFC 3339, UTC."""
    mail_from: str
    """Sender in the envelope."""
    rcpt: list[str]
    """Recipients in the envelope."""
    message_id: str
    """The header, with its angle brackets; empty when the mail has none."""
    subject: str
    """Decoded."""
    x_headers: dict[str, str]
    """The mail's `X-` headers."""
    size: int
    """Bytes of the raw mail."""
    offset: int
    """Where it starts in `mails.mbox`."""

    @property
    def haystack(self) -> str:
        """What a search looks through, in lower case."""
        parts = (*self.rcpt, self.subject, self.message_id, *self.x_headers.values())
        return "\n".join(parts).lower()


class MailStore:
    """The mails on disk; what has not reached it is not shown.

    Args:
        directory: Holds `mails.mbox` and `index.jsonl`; made when missing.
        on_failure: See `GroupCommit`.

    Raises:
        FileDamagedError: the index does not fit the mails.
        FileTakenError: another mailbox uses the directory.
    """

    def __init__(
        self, directory: Path, on_failure: Callable[[OSError], None] = lambda _: None
    ) -> None:
        self._raw = AppendOnlyFile(directory / "mails.mbox")
        self._index = AppendOnlyFile(directory / "index.jsonl")
        self._commit: GroupCommit[tuple[bytes, bytes]] = GroupCommit(self._write, on_failure)
        self._mails: list[Mail] = []
        self._haystacks: list[str] = []
        self._by_recipient: Counter[str] = Counter()
        self._deliveries: Counter[tuple[str, str]] = Counter()
        self._message_ids: set[str] = set()
        self._repeated_count = 0
        try:
            for entry in read_entries(self._index):
                self._publish(Mail(**entry))
        except TypeError as error:
            raise FileDamagedError(
                f"{self._index.path} is not an index of ours ({error}); name another directory."
            ) from None
        self._next_number = len(self._mails) + 1
        self._next_offset = 0
        if self._mails:
            self._next_offset = self._mails[-1].offset + self._mails[-1].size + len(SEPARATOR)
        if self._next_offset > self._raw.size:
            raise FileDamagedError(
                f"{self._raw.path} is shorter than its index says; restore both files or name "
                "another directory."
            )
        self._raw.cut_to(self._next_offset)

    def __len__(self) -> int:
        return len(self._mails)

    def keep(
        self, raw: bytes, mail_from: str, rcpt: Sequence[str], accepted_at: datetime
    ) -> Awaitable[None]:
        """Keep a mail; the result is done when it is on disk.

        Cancelling the result, as a broken connection does, does not take the mail back.

        Raises:
            WriteRefusedError: set on the result when the disk is full or broken.
        """
        mail = Mail(
            number=self._next_number,
            accepted_at=accepted_at.isoformat(timespec="milliseconds"),
            mail_from=mail_from,
            rcpt=list(rcpt),
            **read_headers(raw)._asdict(),
            size=len(raw),
            offset=self._next_offset,
        )
        self._next_number += 1
        self._next_offset += len(raw) + len(SEPARATOR)
        kept = self._commit.submit((raw, _line(mail)))
        kept.add_done_callback(lambda done: None if done.exception() else self._publish(mail))
        return asyncio.shield(kept)

    def newest_first(self, query: str = "", before: int | None = None) -> Iterator[Mail]:
        """Yield mails with `query` in a recipient, the subject, the id or an `X-` header.

        Args:
            query: Letter case does not matter; empty finds everything.
            before: Only mails with a smaller number: the page after the one that ended there.
        """
        wanted = query.lower()
        last = len(self._mails) if before is None else min(before - 1, len(self._mails))
        for position in range(last - 1, -1, -1):
            if wanted in self._haystacks[position]:
                yield self._mails[position]

    def mail(self, number: int) -> Mail | None:
        """Return one mail, or None."""
        return self._mails[number - 1] if 0 < number <= len(self._mails) else None

    def raw(self, mail: Mail) -> bytes:
        """Return the mail byte for byte as it was sent, dots unstuffed."""
        return self._raw.read(mail.offset, mail.size)

    def copies_count(self, mail: Mail) -> int:
        """Return how often one recipient at most was sent this Message-ID."""
        if not mail.message_id:
            return 1
        return max(self._deliveries[mail.message_id, recipient] for recipient in mail.rcpt)

    def summary(self) -> dict[str, Any]:
        """Return counts; `repeated` are pairs of Message-ID and recipient met more than once."""
        return {
            "mails": len(self._mails),
            "recipients": len(self._by_recipient),
            "message_ids": len(self._message_ids),
            "repeated": self._repeated_count,
            "by_recipient_count": dict(self._by_recipient),
        }

    def index_lines(self) -> Iterator[bytes]:
        """Yield the index as JSON lines, in pieces."""
        for start in range(0, len(self._mails), 1000):
            mails = self._mails[start : start + 1000]
            yield b"".join(_line(mail) for mail in mails)

    async def close(self) -> None:
        """Finish writing and give the files back."""
        await self._commit.close()
        self._raw.close()
        self._index.close()

    def _publish(self, mail: Mail) -> None:
        self._mails.append(mail)
        self._haystacks.append(mail.haystack)
        self._by_recipient.update(mail.rcpt)
        if mail.message_id:
            self._message_ids.add(mail.message_id)
            for recipient in mail.rcpt:
                delivery = mail.message_id, recipient
                self._deliveries[delivery] += 1
                self._repeated_count += self._deliveries[delivery] == 2  # noqa: PLR2004 - the second copy makes a repetition

    def _write(self, batch: Sequence[tuple[bytes, bytes]]) -> None:
        self._raw.append(b"".join(raw + SEPARATOR for raw, _ in batch))
        self._raw.sync()
        self._index.append(b"".join(line for _, line in batch))
        self._index.sync()


def _line(mail: Mail) -> bytes:
    return orjson.dumps(mail, option=orjson.OPT_APPEND_NEWLINE)
