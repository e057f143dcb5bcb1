"""What a person types for an export: dates in the vault's time zone, kinds, sizes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tobs_tui.content import DEFAULT_MEDIA, MediaKind, RemoteFile
from tobs_tui.errors import UsageError
from tobs_tui.model import ExportOptions, Layout
from tobs_tui.notes.files import left_out
from tobs_tui.options import export_options, parse_extensions, parse_media, parse_moment, parse_size, vault_path, zone_name
from tobs_tui.settings import Settings, VaultSettings


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp())


def test_a_date_is_its_midnight_in_the_vaults_zone() -> None:
    assert parse_moment("2025-01-30", "Europe/Berlin") == at("2025-01-29T23:00:00+00:00")
    assert parse_moment(" 2025-07-30T14:05 ", "Europe/Berlin") == at("2025-07-30T12:05:00+00:00")
    assert parse_moment("2025-01-30T14:05:06Z", "Asia/Tokyo") == at("2025-01-30T14:05:06+00:00")
    assert parse_moment("", "UTC") == 0


@pytest.mark.parametrize("text", ["yesterday", "30.1.2025", "2025-13-01", "2025-01-30T25:00"])
def test_what_isnt_a_date_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="isn't a date"):
        parse_moment(text, "UTC")


@given(st.datetimes(datetime(1990, 1, 1), datetime(2038, 1, 1)))  # noqa: DTZ001 - a date-time as typed has no zone
def test_every_date_time_is_understood(moment: datetime) -> None:
    assert parse_moment(moment.isoformat(), "UTC") == int(moment.replace(tzinfo=UTC).timestamp())


def test_kinds_of_files() -> None:
    assert parse_media("none") == frozenset()
    assert parse_media("all") == frozenset(MediaKind)
    assert parse_media(" Photo, video,") == {MediaKind.PHOTO, MediaKind.VIDEO}


@pytest.mark.parametrize("text", ["", "foto", "photo,none", "all,photo"])
def test_what_isnt_a_kind_is_told_with_what_is(text: str) -> None:
    with pytest.raises(UsageError, match=r"none, all, photo, video"):
        parse_media(text)


@pytest.mark.parametrize(
    ("text", "size"), [("0", 0), ("500", 500), ("20MB", 20_000_000), ("1.5 GiB", 1_610_612_736), ("3k", 3000), ("3KiB", 3072), ("7 b", 7)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "big", "-1", "1TB", "1,5MB"])
def test_what_isnt_a_size_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="isn't a size"):
        parse_size(text)


def test_the_settings_fill_an_export() -> None:
    options = export_options(Settings(vault=VaultSettings(path="~/x", notes=Layout.DAY, timezone="Asia/Tokyo")))
    assert (options.vault, options.layout, options.timezone, options.media) == (
        str(Path.home() / "x"),
        Layout.DAY,
        "Asia/Tokyo",
        DEFAULT_MEDIA,
    )


def test_the_machines_zone_has_a_name() -> None:
    assert zone_name(Settings())
    assert Path(vault_path("x")).is_absolute()


def test_extensions_are_words_with_or_without_a_mark() -> None:
    assert parse_extensions("") == frozenset()
    assert parse_extensions(" .PDF, !zip,gz") == {"pdf", "!zip", "gz"}
    with pytest.raises(UsageError, match="isn't an extension"):
        parse_extensions("a b")


@pytest.mark.parametrize(
    ("extensions", "name", "taken"),
    [
        ("", "a.zip", True),
        ("pdf", "a.PDF", True),
        ("pdf", "a.zip", False),
        ("!zip", "a.zip", False),
        ("!zip", "a", True),
        ("pdf,!zip", "a", False),
    ],
)
def test_extensions_choose_among_documents(extensions: str, name: str, taken: bool) -> None:
    options = ExportOptions("/vault", extensions=parse_extensions(extensions))
    assert (left_out(RemoteFile(1, MediaKind.DOCUMENT, 10, 2), options, f"media/{name}") == "") is taken
    assert left_out(RemoteFile(1, MediaKind.PHOTO, 10, 2), options, f"media/{name}") == ""


@pytest.mark.parametrize(("text", "seconds"), [("0001-01-01T00:00+14:00", 1), ("1960-01-01", 1), ("9999-12-31T23:59-05:00", 2**31 - 1)])
def test_dates_out_of_reach_are_the_first_or_last_that_telegram_knows(text: str, seconds: int) -> None:
    assert parse_moment(text, "UTC") == seconds
