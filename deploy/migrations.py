"""Applies a service's migrations with yoyo, each service in its own schema.

Run before the service starts; several at a time wait for each other. Services never create tables
themselves. `python -m deploy.migrations SCHEMA` does it for one, as the role that owns it.
"""

import os
import sys
from pathlib import Path

import psycopg
from yoyo import get_backend, read_migrations


def migrate(dsn: str, *, schema: str, directory: Path) -> int:
    """Bring `schema` up to date and return how many migrations were applied.

    Args:
        dsn: `postgresql://…` of a role that may create schemas.
        schema: made when absent; also holds yoyo's own tables.
        directory: the service's `migrations/`, applied in the order of their names.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        # yoyo's own lock is a row, which outlives a killed process. This one dies with its session
        # and is held to the end; whatever row is found under it is a dead process's.
        connection.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"migrate {schema}"]
        )
        connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        address = dsn.replace("postgresql://", "postgresql+psycopg://", 1)
        backend = get_backend(f"{address}{'&' if '?' in address else '?'}schema={schema}")
        try:
            backend.break_lock()
            with backend.lock():
                pending = backend.to_apply(read_migrations(str(directory)))
                backend.apply_migrations(pending)
                return len(pending)
        finally:
            backend.connection.close()


def main(arguments: list[str]) -> int:
    """Migrate one schema of the database in `COUNTERMAND_POSTGRES_DSN`; return the exit status.

    An empty event store gets as many logs as `COUNTERMAND_EVENT_STORE_SHARDS` says.
    """
    # They reach the local runtime.
    from deploy import event_stores  # noqa: PLC0415
    from deploy.local.errors import LocalRuntimeError  # noqa: PLC0415
    from deploy.local.infrastructure import MIGRATIONS  # noqa: PLC0415
    from deploy.local.processes import RELAYED  # noqa: PLC0415

    known = {schema: folder for schema, folder in MIGRATIONS.items() if folder.is_dir()}
    dsn = os.environ.get("COUNTERMAND_POSTGRES_DSN")
    if len(arguments) != 1 or arguments[0] not in known or dsn is None:
        print(
            f"usage: COUNTERMAND_POSTGRES_DSN=… python -m deploy.migrations {{{'|'.join(known)}}}",
            file=sys.stderr,
        )
        return 2
    (schema,) = arguments
    count = migrate(dsn, schema=schema, directory=known[schema])
    shards = os.environ.get("COUNTERMAND_EVENT_STORE_SHARDS")
    try:
        if schema in RELAYED:
            event_stores.prepare(dsn, [schema], int(shards) if shards else None)
    except (LocalRuntimeError, ValueError) as refused:
        print(refused, file=sys.stderr)
        return 1
    print(f"The schema {schema} is up to date ({count} migrations applied).")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
