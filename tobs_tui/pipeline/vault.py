"""The vault's files: nothing outside its root, each whole under its final name or not there, and errors of the disk in words."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from tobs_tui.errors import DiskFull, VaultError

_WHY: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space, then start again: nothing is lost"),
    errno.EDQUOT: ("your quota on that disk is used up", "Free some space, then start again: nothing is lost"),
    errno.EFBIG: ("the file is larger than the system or file system allows", "Use notes per month or day, or another disk"),
    errno.EROFS: ("the disk is mounted read-only", "Mount it writable, or choose another folder"),
    errno.EACCES: ("you may not write there", "Change the folder's permissions, or choose another one"),
    errno.EPERM: ("you may not write there", "Change the folder's permissions, or choose another one"),
    errno.ENOENT: ("the folder isn't there any more", "Is its disk mounted? Start again when it is there"),
    errno.ENODEV: ("the disk is gone", "Connect it again, then start again"),
    errno.ENXIO: ("the disk is gone", "Connect it again, then start again"),
    errno.ESTALE: ("the network folder is gone", "Mount it again, then start again"),
    errno.EIO: ("the disk reports an error", "Check the disk, or choose another folder"),
    errno.ENOTDIR: ("a file stands where a folder should be", "Move that file away, or choose another folder"),
    errno.EISDIR: ("a folder stands where a file should be", "Move that folder away"),
    errno.ENAMETOOLONG: ("the path is longer than the file system allows", "Choose a folder with a shorter path"),
    errno.EMFILE: ("too many files are open", "Raise the limit with `ulimit -n`"),
    errno.ELOOP: ("a link leads in circles", "Mend the link, or choose another folder"),
}


_FULL = (errno.ENOSPC, errno.EDQUOT)


def vault_error(error: OSError, what: str) -> VaultError:
    """The VaultError that tells `error`; `what` happened in words."""
    why, todo = _WHY.get(error.errno or 0, (error.strerror or str(error), ""))
    return (DiskFull if error.errno in _FULL else VaultError)(what, why, todo)


@contextmanager
def disk_errors(what: str) -> Iterator[None]:
    """Turn the OSErrors of a block into VaultErrors that say `what` happened."""
    try:
        yield
    except OSError as error:
        raise vault_error(error, what) from error


# Windows would turn line ends into its own.
BINARY: int = getattr(os, "O_BINARY", 0)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable (POSIX; a no-op where folders can't be opened). Raises OSError."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    """fsync; some network and FUSE file systems don't know it and say so, which is no fault of the disk."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte; a short write goes on until the disk says why. Raises OSError."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def temporary_name(path: Path) -> Path:
    """A hidden name beside `path`, always the same, so that what a crash left there goes with the next attempt; short, so that it fits
    wherever the name itself does."""
    return path.with_name(f".tobs-{hashlib.blake2b(os.fsencode(path.name), digest_size=8).hexdigest()}.tmp")


def _identity(folder: Path) -> tuple[int, int]:
    """Tells a folder from another one of the same path, as when its disk is unmounted. Raises OSError."""
    facts = folder.stat()
    return facts.st_dev, facts.st_ino


class Vault:
    """A folder that notes and media go to. Its methods take paths relative to the root and raise VaultError; they block."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow the root when it is itself a link
        self._real = self.root
        self._identity = (0, 0)

    def open(self, create: bool = True) -> None:
        """Create the root where it is missing (unless told not to) and prove that it can be written to. Raises VaultError."""
        what = f"The vault {self.root} can't be written"
        if not create and not self.root.exists():
            todo = "Is its disk mounted? If you removed the folder, make it again, and export with restore (--restore)"
            raise VaultError(what, "the folder was there before and isn't there any more", todo)
        with disk_errors(what):
            self._create_root()
            self._real = self.root.resolve(strict=True)
            if not self._real.is_dir():
                raise OSError(errno.ENOTDIR, "not a folder")
            self._prove()
            self._identity = _identity(self._real)

    def is_empty(self) -> bool:
        """Whether nothing is in it that a person put there, as in a folder that a disk is mounted on. Raises VaultError."""
        with disk_errors(f"The vault {self.root} can't be read"):
            return all(each.name.startswith(".") or each.name == "lost+found" for each in self._real.iterdir())

    def _create_root(self) -> None:
        """`mkdir` says EEXIST for a file that stands there, and for a link that leads nowhere; in words it is `not a folder`."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise OSError(errno.ENOTDIR, "not a folder") from error

    def _prove(self) -> None:
        probe = temporary_name(self._real / "probe")
        try:
            with probe.open("wb") as file:
                file.write(b"tobs-tui")
                file.flush()
                _sync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)

    def path(self, rel: str) -> Path:
        """Where `rel` lies. Raises VaultError when it would lead outside the root, also through a link."""
        pure = PurePosixPath(rel)
        if not rel or "\0" in rel or "\\" in rel or pure.is_absolute() or ".." in pure.parts or not pure.parts:
            raise VaultError(f"The path {rel!r} isn't allowed in a vault", "it would lead outside")
        path = self._real.joinpath(*pure.parts)
        with disk_errors(f"{rel} can't be reached"):
            inside = Path(os.path.realpath(path)).is_relative_to(self._real)
        if not inside:
            raise VaultError(f"{rel} can't be written", "a link leads outside the vault", "Remove the link, or choose another vault")
        return path

    def make_folder(self, rel: str) -> Path:
        """The path of `rel`, with its folder made (and the folders' own names durable) where it was missing."""
        path = self.path(rel)
        with disk_errors(f"The folder of {rel} can't be made"):
            self._make_parents(path.parent)
        return path

    def _make_parents(self, folder: Path) -> None:
        missing = []
        while folder != self._real and not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        if _identity(self._real) != self._identity:  # unmounted or deleted meanwhile: never made again in silence
            raise OSError(errno.ENOENT, "the vault's root is gone")
        for each in reversed(missing):
            with suppress(FileExistsError):  # another thread was quicker; a file in the way shows at the next step
                each.mkdir()
            sync_folder(each.parent)

    def write_whole(self, rel: str, data: bytes) -> None:
        """Write a file so that it is there in whole or not at all: hidden temporary file, fsync, rename, fsync of the folder."""
        path = self.make_folder(rel)
        if path.is_symlink():  # the user's own link to another place in the vault stays one
            path = path.resolve()
        temporary = temporary_name(path)
        with disk_errors(f"{rel} can't be written"):
            try:
                self._write_new(temporary, data, path)
                temporary.replace(path)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)

    def _write_new(self, temporary: Path, data: bytes, like: Path) -> None:
        """A new file with `data`, durable, with the permissions of the file that it will replace."""
        temporary.unlink(missing_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o666)
        try:
            write_all(descriptor, data)
            with suppress(FileNotFoundError):
                temporary.chmod(like.stat().st_mode & 0o777)
            _sync(descriptor)
        finally:
            os.close(descriptor)

    def remove(self, rel: str) -> None:
        """Remove a file, if it is there."""
        with disk_errors(f"{rel} can't be removed"):
            self.path(rel).unlink(missing_ok=True)

    def link_or_copy(self, source: str, target: str) -> None:
        """Give the file `source` a second path: a hard link, or a copy where the file system has none. Replaces `target`."""
        origin, path = self.path(source), self.make_folder(target)
        temporary = temporary_name(path)
        with disk_errors(f"{target} can't be written"):
            try:
                self._link(origin, temporary)
                temporary.replace(path)
                temporary.unlink(missing_ok=True)  # rename does nothing when both names are one file already
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
            sync_folder(path.parent)

    def _link(self, origin: Path, temporary: Path) -> None:
        temporary.unlink(missing_ok=True)
        try:
            temporary.hardlink_to(origin)
        except FileNotFoundError:
            raise
        except OSError:  # no links here (FAT, some network folders), too many links, another disk
            shutil.copy2(origin, temporary)
            sync_file(temporary)
