"""The roles of `deploy/kubernetes` on a real server: each owns its schemas and sees no other."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import errors, sql

from deploy.event_stores import prepare
from deploy.local.infrastructure import MIGRATIONS
from deploy.migrations import migrate
from tests.support.manifests import Manifest, containers, written
from tests.support.rights import ALL_SPECS
from tests.support.stack import Servers

pytestmark = pytest.mark.integration
NAME = "countermand_roles"
(CLUSTER,) = [one for one in written() if one["kind"] == "Cluster"]
JOBS = [one for one in written() if one["kind"] == "Job"]


@dataclass(frozen=True, slots=True)
class Database:
    """A database set up as the manifests say."""

    dsn: str

    def of(self, role: str) -> str:
        """Return the address for a role."""
        parts = urlsplit(self.dsn)
        return urlunsplit(parts._replace(netloc=f"{role}@{parts.hostname}:{parts.port}"))


def role_of(job: Manifest) -> tuple[str, str]:
    """Return which schema a job migrates, as which role."""
    (container,) = containers(job)
    (dsn,) = [one["value"] for one in container["env"] if one["name"] == "COUNTERMAND_POSTGRES_DSN"]
    return container["command"][-1], str(urlsplit(dsn).username)


@pytest.fixture(scope="module")
def database(servers: Servers) -> Iterator[Database]:
    """Roles and rights, and every schema migrated by the role its job names."""
    made = urlunsplit(urlsplit(servers.postgres_dsn)._replace(path=f"/{NAME}"))
    roles = CLUSTER["spec"]["managed"]["roles"]
    with psycopg.connect(servers.postgres_dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE operator")
        connection.execute(f"CREATE DATABASE {NAME} OWNER operator")
    with psycopg.connect(made, autocommit=True) as connection:
        for statement in CLUSTER["spec"]["bootstrap"]["initdb"]["postInitApplicationSQL"]:
            # A role belongs to the whole server; of the tests' one, others have made this one.
            with suppress(errors.DuplicateObject):
                connection.execute(statement.replace(" countermand ", f" {NAME} "))
        for role in roles:
            name = sql.Identifier(role["name"])
            with suppress(errors.DuplicateObject):
                connection.execute(sql.SQL("CREATE ROLE {}").format(name))
            login = sql.SQL("LOGIN" if role["login"] else "NOLOGIN")
            connection.execute(sql.SQL("ALTER ROLE {} {}").format(name, login))
            for group in role.get("inRoles", []):
                connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), name))
    ready = Database(made)
    for job in JOBS:
        schema, role = role_of(job)
        migrate(ready.of(role), schema=schema, directory=MIGRATIONS[schema])
    yield ready
    with psycopg.connect(servers.postgres_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
        for role in roles:
            if role["name"] != "figures_reader":
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role["name"])))


def test_every_schema_belongs_to_its_service(database: Database) -> None:
    with psycopg.connect(database.dsn) as connection:
        rows = connection.execute(
            "SELECT nspname, pg_get_userbyid(nspowner) FROM pg_namespace"
            " WHERE nspname !~ '^(pg_|information_schema|public)'"
        ).fetchall()
    owners = {str(schema): str(owner) for schema, owner in rows}
    assert owners == {
        **{name: name for name in ALL_SPECS},
        "cancellation_audit": "cancellation", "figures": "cancellation", "operations": "operator",
    }  # fmt: skip


@pytest.mark.parametrize("role", ALL_SPECS)
def test_a_service_sees_its_own_log_and_no_other(database: Database, role: str) -> None:
    with psycopg.connect(database.of(role), autocommit=True) as connection:
        for service in ALL_SPECS:
            look = f"SELECT count(*) FROM {service}.{service}_events"
            if service == role:
                assert connection.execute(look).fetchone() == (0,)
                continue
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(look)
        with pytest.raises(errors.InsufficientPrivilege):
            connection.execute("CREATE TABLE public.mine (id int)")


def test_the_logs_of_a_service_are_its_own(database: Database) -> None:
    log = "inventory_1_of_2"
    prepare(database.of("inventory"), ["inventory"], 2)
    with psycopg.connect(database.of("inventory"), autocommit=True) as connection:
        assert connection.execute("SELECT inventory.horizon()").fetchone() == (1,)
    look = f"SELECT count(*) FROM {log}.{log}_events"
    with psycopg.connect(database.of("verify"), autocommit=True) as connection:
        assert connection.execute(look).fetchone() == (0,)
    with (
        psycopg.connect(database.of("refunds"), autocommit=True) as connection,
        pytest.raises(errors.InsufficientPrivilege),
    ):
        connection.execute(look)
    prepare(database.of("inventory"), ["inventory"], 1)


def test_whoever_compares_the_books_reads_all_and_writes_nothing(database: Database) -> None:
    with psycopg.connect(database.of("verify"), autocommit=True) as connection:
        for service in ALL_SPECS:
            look = f"SELECT count(*) FROM {service}.{service}_events"
            assert connection.execute(look).fetchone() == (0,)
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(f"DELETE FROM {service}.inbox")


def test_an_operator_may_do_what_services_may(database: Database) -> None:
    with psycopg.connect(database.of("operator"), autocommit=True) as connection:
        for service in ALL_SPECS:
            connection.execute(f"DELETE FROM {service}.inbox")
