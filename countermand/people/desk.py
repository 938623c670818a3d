"""The book of people of a running system, opened from outside its API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from kit.postgres import open_pool
from services.cancellation.bootstrap import SERVICE
from services.cancellation.people.book import Book, book_over
from services.cancellation.settings import CancellationSettings


@asynccontextmanager
async def open_book(postgres_dsn: str) -> AsyncIterator[Book]:
    """Open the book."""
    async with open_pool(postgres_dsn, size_max=2, name="people") as pool:
        yield book_over(pool, SERVICE.store, CancellationSettings())
