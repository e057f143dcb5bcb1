"""The vault's files: inside its root, whole or not there, errors in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.store_support import names
from tobs_tui.errors import ExitCode, VaultError
from tobs_tui.pipeline.vault import Vault, temporary_name


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    vault = Vault(tmp_path / "deep" / "vault")
    vault.open()
    return vault


def test_opening_makes_the_root_and_leaves_nothing_in_it(vault: Vault) -> None:
    assert vault.root.is_dir()
    assert list(vault.root.iterdir()) == []


def test_a_root_that_is_a_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for root in (tmp_path / "file", tmp_path / "file" / "inside"):
        with pytest.raises(VaultError, match="a file stands where a folder should be") as raised:
            Vault(root).open()
        assert raised.value.exit_code is ExitCode.VAULT


def test_a_root_where_nothing_can_be_made_is_told_in_words() -> None:
    with pytest.raises(VaultError) as raised:
        Vault(Path("/proc/tobs-vault")).open()
    assert raised.value.what.startswith("The vault /proc/tobs-vault")
    assert raised.value.why


def test_a_vault_that_should_be_there_is_not_made_again(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="isn't there any more"):
        Vault(tmp_path / "gone").open(create=False)
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("rel", ["", "/etc/passwd", "../x", "a/../../x", "a\0b", "..", "a\\..\\b", "."])
def test_no_path_leads_outside(vault: Vault, rel: str) -> None:
    with pytest.raises(VaultError):
        vault.path(rel)


def test_links_may_lead_anywhere_inside_but_not_out(vault: Vault, tmp_path: Path) -> None:
    (vault.root / "out").symlink_to(tmp_path)
    (vault.root / "notes").mkdir()
    (vault.root / "in").symlink_to(vault.root / "notes")
    vault.write_whole("in/a.md", b"a")
    assert (vault.root / "notes" / "a.md").read_bytes() == b"a"
    with pytest.raises(VaultError, match="a link leads outside"):
        vault.write_whole("out/a.md", b"a")
    assert not (tmp_path / "a.md").exists()


def test_a_root_that_is_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    vault = Vault(tmp_path / "link")
    vault.open()
    vault.write_whole("a/b.md", b"b")
    assert (tmp_path / "real" / "a" / "b.md").read_bytes() == b"b"


def test_write_whole_replaces_and_keeps_the_mode(vault: Vault) -> None:
    vault.write_whole("a/b.md", b"one")
    file = vault.root / "a" / "b.md"
    file.chmod(0o640)
    vault.write_whole("a/b.md", b"two")
    assert file.read_bytes() == b"two"
    assert file.stat().st_mode & 0o777 == 0o640
    assert names(file.parent) == ["b.md"]


def test_the_longest_name_can_be_written_whole(vault: Vault) -> None:
    vault.write_whole("n" * 240, b"x")
    assert (vault.root / ("n" * 240)).read_bytes() == b"x"


def test_a_user_s_link_to_a_note_stays_a_link(vault: Vault) -> None:
    vault.write_whole("real.md", b"one")
    (vault.root / "link.md").symlink_to("real.md")
    vault.write_whole("link.md", b"two")
    assert (vault.root / "link.md").is_symlink()
    assert (vault.root / "real.md").read_bytes() == b"two"


def test_a_folder_in_the_way_costs_no_temporary_file(vault: Vault) -> None:
    (vault.root / "a.md").mkdir()
    with pytest.raises(VaultError, match="a folder stands where a file should be"):
        vault.write_whole("a.md", b"x")
    assert names(vault.root) == ["a.md"]


def test_link_or_copy_gives_a_file_a_second_path(vault: Vault) -> None:
    vault.write_whole("a/one", b"bytes")
    vault.link_or_copy("a/one", "b/two")
    vault.link_or_copy("a/one", "b/two")
    assert (vault.root / "b" / "two").samefile(vault.root / "a" / "one")
    assert names(vault.root / "b") == ["two"]
    with pytest.raises(VaultError):
        vault.link_or_copy("a/none", "b/three")


def test_a_file_system_without_links_gets_a_copy(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    vault.write_whole("one", b"bytes")
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    vault.link_or_copy("one", "two")
    assert (vault.root / "two").read_bytes() == b"bytes"
    assert not (vault.root / "two").samefile(vault.root / "one")


def test_a_root_that_went_away_is_never_made_again(vault: Vault) -> None:
    vault.root.rename(vault.root.with_name("away"))
    with pytest.raises(VaultError, match="isn't there any more"):
        vault.write_whole("a/b.md", b"x")
    vault.root.mkdir()  # as the empty mount point of a disk that is gone
    with pytest.raises(VaultError, match="isn't there any more"):
        vault.write_whole("a/b.md", b"x")
    assert list(vault.root.iterdir()) == []


def test_a_link_in_circles_is_told_in_words(vault: Vault) -> None:
    (vault.root / "one").symlink_to("two")
    (vault.root / "two").symlink_to("one")
    with pytest.raises(VaultError):
        vault.write_whole("one/a.md", b"x")


def test_what_a_crash_left_goes_with_the_next_attempt(vault: Vault) -> None:
    vault.write_whole("a/b.md", b"x")
    temporary_name(vault.root / "a" / "b.md").write_bytes(b"half")
    temporary_name(vault.root / "a" / "c.md").write_bytes(b"half")
    vault.write_whole("a/b.md", b"y")
    vault.link_or_copy("a/b.md", "a/c.md")
    assert names(vault.root / "a") == ["b.md", "c.md"]


def test_a_disk_that_takes_no_more_leaves_the_old_file(vault: Vault) -> None:
    """A real limit, in a process of its own."""
    vault.write_whole("a.md", b"old")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from tobs_tui.pipeline.vault import Vault; from tobs_tui.errors import VaultError\n"
        "v = Vault(Path(sys.argv[1])); v.open(); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: v.write_whole('a.md', b'x' * 5000)\n"
        "except VaultError as error: print(error.why)\n"
    )
    answer = subprocess.run([sys.executable, "-c", code, str(vault.root)], capture_output=True, text=True, check=True)
    assert "larger than the system" in answer.stdout
    assert names(vault.root) == ["a.md"]
    assert (vault.root / "a.md").read_bytes() == b"old"
