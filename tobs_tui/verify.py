"""The errand `verify`: a vault against what the caches of this account's server recorded of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tobs_tui.display import count
from tobs_tui.errors import UsageError
from tobs_tui.headless import say
from tobs_tui.lock import AccountLock
from tobs_tui.paths import Paths
from tobs_tui.pipeline.verify import Verified, Wrong, manifest

SAY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where to look: the folders, the server's identity (see `paths.server_identity`), and the vault as an absolute path."""

    folders: Paths
    identity: str
    vault: str

    @property
    def caches(self) -> list[Path]:
        """One for each account that ever exported."""
        pattern = self.folders.cache_file(f"{self.identity}-*")
        return sorted(pattern.parent.glob(pattern.name))


def verify(place: Place, *, queue: bool = False, expected: Set[str] = frozenset()) -> Verified:
    """Check the vault; with `queue` what is wrong is fetched by the next export of its chats. What was to come to the `expected` paths
    should be there too.

    Raises AccountBusy, CacheError, VaultError, and UsageError for a vault that nothing was exported to.
    """
    found, caches = Verified(), place.caches
    if not caches:
        raise _unknown(place)
    with AccountLock(place.folders.lock_file(place.identity)):
        for cache in caches:
            with manifest(cache, place.vault) as known:
                one = known.verify(_Teller().checked, expected)
                if queue:
                    known.queue(one.findings)
            found.files += one.files
            found.notes += one.notes
            found.failed += one.failed
            found.findings += one.findings
    if not found.files + found.notes + found.failed:
        raise _unknown(place)
    return found


def _unknown(place: Place) -> UsageError:
    return UsageError(f"Nothing is known of the vault {place.vault}", "no export of this account went there", "Name it with --vault")


class _Teller:
    """A line on stderr now and then: hashing a large vault takes its time."""

    def __init__(self) -> None:
        self._next = time.monotonic() + SAY_SECONDS

    def checked(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SAY_SECONDS
            say(f"checked {done:,} of {total:,} files")


def chats_to_repair(found: Verified) -> tuple[str, ...]:
    """Marked ids of the chats whose files are to be fetched again, in words that the command line understands."""
    return tuple(dict.fromkeys(str(finding.chat_id) for finding in found.findings if finding.repairable))


def exit_wrong(found: Verified) -> bool:
    """Whether anything that should be there isn't, or is another; what is there besides harms nothing."""
    return any(finding.wrong is not Wrong.EXTRA for finding in found.findings)


def lines(found: Verified) -> Iterable[str]:
    """The findings, one a line, and the sum."""
    for finding in found.findings:
        yield f"{finding.wrong:<8} {finding.path}: {finding.why}"
    counts = ", ".join(f"{len(_paths(found, wrong)):,} {wrong}" for wrong in Wrong)
    failed = f"; {found.failed:,} could not be had before" if found.failed else ""
    yield f"{count(found.files, 'file')} and {count(found.notes, 'note')} checked: {counts}{failed}"


def as_object(place: Place, found: Verified, repaired: int) -> dict[str, Any]:
    """The same for `--json`."""
    figures = {"vault": place.vault, "files": found.files, "notes": found.notes, "failed": found.failed, "repaired": repaired}
    return figures | {str(wrong): _paths(found, wrong) for wrong in Wrong}


def _paths(found: Verified, wrong: Wrong) -> list[str]:
    return [finding.path for finding in found.findings if finding.wrong is wrong]
