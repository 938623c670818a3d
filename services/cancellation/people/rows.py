"""What is written beside facts about people: who may come in now, and what secrets are known by."""

from datetime import datetime

from kit.facts import Fact
from kit.postgres import AnyConnection
from services.cancellation.domain import events


async def write_along(
    connection: AnyConnection, fact: Fact, at: datetime, kept: str | bytes | None
) -> None:
    """Write what belongs to a fact; `kept` is what its password or its secret is known by."""
    match fact:
        case events.PersonSet():
            await connection.execute(
                "INSERT INTO cancellation.people"
                " (name, role, rights, is_enabled, added_at, issuer, subject)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET"
                " role = excluded.role, rights = excluded.rights, is_enabled = excluded.is_enabled",
                fact.name, fact.role, list(fact.rights), fact.is_enabled, at,
                fact.issuer, fact.subject,
            )  # fmt: skip
            await _end_sessions(connection, fact.name)
        case events.PasswordSet():
            await connection.execute(
                "UPDATE cancellation.people SET password_hash = $2, password_set_at = $3"
                " WHERE name = $1",
                fact.name, kept, at,
            )  # fmt: skip
            await _end_sessions(connection, fact.name)
        case events.KeyIssued():
            await connection.execute(
                "INSERT INTO cancellation.api_keys (name, prefix, token_digest, rights,"
                " names_others, expires_at, issued_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                fact.name, fact.prefix, kept, list(fact.rights), fact.names_others,
                fact.expires_at, at,
            )  # fmt: skip
        case events.KeyRevoked():
            await connection.execute(
                "UPDATE cancellation.api_keys SET revoked_at = $2, token_digest = NULL"
                " WHERE name = $1",
                fact.name, at,
            )  # fmt: skip
        case events.SignedOut():
            await connection.execute(
                "DELETE FROM cancellation.sessions WHERE session_id = $1", fact.session_id
            )


async def _end_sessions(connection: AnyConnection, name: str) -> None:
    """Whoever was signed in had other rights, or another password."""
    await connection.execute("DELETE FROM cancellation.sessions WHERE name = $1", name)
