"""The file itself: its digest, gzip, archives and bombs (fault 32), and a file that is still being written (26)."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from indexer.intake import BadList, source
from indexer.intake.source import ByteSource
from tests.unit.intake_kit import PLAIN, evm, read, read_path

LIST = f"{PLAIN}\nEthereum,ETH,{evm(1)},1\nEthereum,ETH,{evm(2)},2\n".encode()


def test_digest_and_size_are_those_of_the_published_bytes(tmp_path: Path) -> None:
    for name, data in (("list.csv", LIST), ("list.csv.gz", gzip.compress(LIST))):
        summary = read(tmp_path, data, name=name).summary
        assert (summary.sha256, summary.size) == (hashlib.sha256(data).hexdigest(), len(data))
        assert summary.accepted == 2


def test_gzip_members_may_follow_each_other(tmp_path: Path) -> None:
    outcome = read(tmp_path, gzip.compress(LIST[:40]) + gzip.compress(b"") + gzip.compress(LIST[40:]))
    assert outcome.summary.accepted == 2


def test_gzip_larger_than_a_chunk_arrives_whole(tmp_path: Path) -> None:
    rows = b"".join(f"Ethereum,ETH,0x{os.urandom(20).hex()},1\n".encode() for _ in range(20_000))
    assert read(tmp_path, gzip.compress(PLAIN.encode() + b"\n" + rows)).summary.accepted == 20_000


@pytest.mark.parametrize("keep", [4, 15, 30, -1])
def test_truncated_gzip_is_refused(tmp_path: Path, keep: int) -> None:
    with pytest.raises(BadList, match="truncated gzip"):
        read(tmp_path, gzip.compress(LIST)[:keep])


@pytest.mark.parametrize("data", [b"\x1f\x8bnot gzip at all", gzip.compress(LIST) + b"junk"])
def test_damaged_gzip_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadList, match=r"^list\.csv: damaged gzip"):
        read(tmp_path, data)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\0" * 64 * 1024**2, compresslevel=6))
    sizes: list[int] = []
    with pytest.raises(BadList, match="unpacks to more"):
        sizes.extend(len(chunk) for chunk in ByteSource(path))
    assert sum(sizes) <= source.UNPACKED_BYTES_FREE + source.UNPACKED_RATIO_MAX * path.stat().st_size


def test_the_absolute_cap_holds_whatever_the_ratio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "UNPACKED_BYTES_MAX", len(LIST) - 1)
    with pytest.raises(BadList, match="unpacks to more"):
        read(tmp_path, gzip.compress(LIST))


def test_a_zip_archive_is_refused_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escaped.csv", LIST)
    with pytest.raises(BadList, match="ZIP archive; unpack it"):
        read_path(path)


def test_only_plain_files_are_opened(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.csv"
    os.mkfifo(fifo)
    for path in (tmp_path, fifo):
        with pytest.raises(BadList, match="not a plain file"):
            read_path(path)
    with pytest.raises(FileNotFoundError):
        read_path(tmp_path / "absent.csv")


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST)
    chunks = iter(ByteSource(path))
    next(chunks)
    with path.open("ab") as file:
        file.write(b"Ethereum,ETH,")
    with pytest.raises(BadList, match="changed while it was being read"):
        list(chunks)


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(LIST)
    chunks = iter(ByteSource(path))
    next(chunks)
    os.truncate(path, 10)
    with pytest.raises(BadList, match="changed while it was being read"):
        list(chunks)
