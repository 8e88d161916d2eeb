"""Conversion of sounds made here: formats, rates, layout, files that are left out, and errors."""

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from loopback import in_a_child
from packages import needs_miniaudio

from scripts.core import audio, files
from scripts.core.files import read_json
from scripts.datasets import convert, convert_sounds, licences, splits
from scripts.datasets.conversion_journal import ConversionJournal


def sine(hz: float, seconds: float, rate_hz: int, peak: float = 0.5) -> np.ndarray:
    return (peak * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def loudest_hz(sound: np.ndarray) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * 16_000 / len(sound))


def put(path: Path, sound: np.ndarray, rate_hz: int = 16_000, **how) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate_hz, **how)


def put_g722(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", format="g722") as container:
        stream = container.add_stream("g722", rate=16_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray((sound * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate = 16_000
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)


def run(tmp_path: Path, name: str = "anything", kind: str = "speech", jobs: int = 1, out: str = "16k") -> dict:
    convert.main(
        [
            "--name",
            name,
            "--kind",
            kind,
            "--raw",
            str(tmp_path / "raw"),
            "--out",
            str(tmp_path / out),
            "--jobs",
            str(jobs),
        ]
    )
    return json.loads((tmp_path / out / "index.json").read_text())


@pytest.mark.parametrize(
    "name, rate_hz, how",
    [
        ("a.wav", 44_100, {}),
        ("a.flac", 48_000, {}),
        ("a.ogg", 22_050, {}),
        ("a.mp3", 44_100, {}),
        ("a.opus", 48_000, {"format": "OGG", "subtype": "OPUS"}),
    ],
)
def test_every_format_becomes_16_khz_mono_16_bit(tmp_path, name, rate_hz, how):
    stereo = np.stack([sine(1000, 1, rate_hz), sine(1000, 1, rate_hz)], axis=1)
    put(tmp_path / "raw/p" / name, stereo, rate_hz, **how)
    [entry] = run(tmp_path)["files"]
    info = soundfile.info(tmp_path / "16k" / entry["path"])
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
    assert entry["duration_s"] == pytest.approx(1.0, abs=0.08)
    sound = soundfile.read(tmp_path / "16k" / entry["path"])[0]
    assert loudest_hz(sound) == pytest.approx(1000, abs=2) and np.abs(sound[4000:12000]).max() == pytest.approx(
        0.5, abs=0.03
    )


@pytest.fixture
def no_miniaudio(monkeypatch):
    """As on arm64 Linux, for which it has no wheel."""
    monkeypatch.setitem(sys.modules, "miniaudio", None)


@needs_miniaudio
@pytest.mark.parametrize(
    "subtype, channels, rate_hz",
    [("PCM_S8", 1, 16_000), ("PCM_16", 1, 22_050), ("PCM_16", 2, 44_100), ("PCM_16", 3, 16_000), ("PCM_24", 6, 48_000)],
)
def test_flac_is_the_same_to_the_bit_without_miniaudio(tmp_path, subtype, channels, rate_hz, request):
    sound = np.random.default_rng(1).normal(0, 0.1, (rate_hz // 2, channels))
    put(tmp_path / "a.flac", sound, rate_hz, subtype=subtype)
    assert audio._read_flac(tmp_path / "a.flac")[1] == rate_hz
    with_it = audio.read(tmp_path / "a.flac")
    request.getfixturevalue("no_miniaudio")
    assert audio._read_flac(tmp_path / "a.flac") is None
    np.testing.assert_array_equal(audio.read(tmp_path / "a.flac"), with_it)
    assert with_it.any()


def crc(content: bytes, bits: int, polynomial: int) -> int:
    value = 0
    for byte in content:
        value ^= byte << bits - 8
        for _ in range(8):
            value = (value << 1) ^ (polynomial if value >> bits - 1 else 0) & (1 << bits) - 1
            value &= (1 << bits) - 1
    return value


def flac_of_20_bits(values: np.ndarray) -> bytes:
    """A FLAC file of one frame, its samples as they are: RFC 9639. libsndfile and FFmpeg write none of 20 bits."""
    described = (
        f"{len(values):016b}" * 2
        + "0" * 48
        + f"{16_000:020b}"
        + "000"
        + f"{20 - 1:05b}"
        + f"{len(values):036b}"
        + "0" * 128
    )
    head = bytes.fromhex("fff8") + bytes([0b0111_0000, 0b0000_101_0, 0]) + (len(values) - 1).to_bytes(2, "big")
    sampled = "00000010" + "".join(f"{value & 0xFFFFF:020b}" for value in values.tolist())
    sampled += "0" * (-len(sampled) % 8)
    frame = head + bytes([crc(head, 8, 0x07)]) + int(sampled, 2).to_bytes(len(sampled) // 8, "big")
    return (
        b"fLaC"
        + bytes([0x80, 0, 0, 34])
        + int(described, 2).to_bytes(34, "big")
        + frame
        + crc(frame, 16, 0x8005).to_bytes(2, "big")
    )


@needs_miniaudio
def test_flac_of_20_bits_is_as_16_or_without_miniaudio_an_error(tmp_path, request):
    values = np.random.default_rng(1).integers(-(2**19), 2**19, 4_000)
    (tmp_path / "a.flac").write_bytes(flac_of_20_bits(values))
    expected = (values >> 4) / np.float32(2**15)
    np.testing.assert_array_equal(audio.read(tmp_path / "a.flac"), expected)
    request.getfixturevalue("no_miniaudio")
    with pytest.raises(soundfile.LibsndfileError, match="unimplemented format"):
        audio.read(tmp_path / "a.flac")


@pytest.mark.parametrize("by", ["miniaudio", "libsndfile"])
def test_an_incomplete_flac_is_never_decoded_as_if_complete(tmp_path, by, request):
    if by == "libsndfile":
        request.getfixturevalue("no_miniaudio")
    put(tmp_path / "a.flac", np.random.default_rng(1).normal(0, 0.1, 50_000))
    content = (tmp_path / "a.flac").read_bytes()
    middle = len(content) // 2
    for broken in (content[:middle], content[:middle] + bytes(30) + content[middle + 30 :], content[:30], b"fLaC", b""):
        (tmp_path / "broken.flac").write_bytes(broken)
        assert (
            "cannot be decoded"
            in convert_sounds.convert_file((str(tmp_path / "broken.flac"), str(tmp_path / "out.wav"), "noise"))[
                "skipped"
            ]
        )


def level_db(sound: np.ndarray) -> float:
    middle = sound[len(sound) // 4 : -len(sound) // 4]  # the ends ring
    return 20 * np.log10(audio.rms(middle) * np.sqrt(2))


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000])
def test_resampling_is_flat_over_speech_and_free_of_aliases(rate_hz):
    levels_db = {
        hz: level_db(audio.resample(sine(hz, 0.5, rate_hz, peak=1.0), rate_hz)) for hz in (50, 1000, 4000, 7000, 7250)
    }
    assert all(abs(level) < 0.01 for level in levels_db.values()), levels_db
    aliases_db = {
        hz: level_db(audio.resample(sine(hz, 0.5, rate_hz, peak=1.0), rate_hz))
        for hz in range(8100, rate_hz // 2 - 300, 950)
    }
    assert aliases_db and all(level < -98 for level in aliases_db.values()), aliases_db  # below the last of 16 bits


def test_a_written_wav_reads_back_the_same(tmp_path):
    sound = np.arange(-(2**15), 2**15, dtype=np.float32) / 2**15
    audio.write(tmp_path / "a.wav", sound)
    assert np.array_equal(audio.read(tmp_path / "a.wav"), sound)
    audio.write(tmp_path / "a.wav", np.array([-2, 2, 0.4 / 2**15, 0.6 / 2**15], np.float32))
    assert (audio.read(tmp_path / "a.wav") * 2**15).tolist() == [-(2**15), 2**15 - 1, 0, 1]


def test_g722_is_decoded_at_16_khz(tmp_path):
    put_g722(tmp_path / "raw/p/a.g722", sine(6000, 1.5, 16_000))
    assert (tmp_path / "raw/p/a.g722").stat().st_size == 12_000, "64 kbit/s"
    [entry] = run(tmp_path)["files"]
    sound = soundfile.read(tmp_path / "16k" / entry["path"])[0]
    assert entry["duration_s"] == pytest.approx(1.5, abs=0.01)
    assert loudest_hz(sound) == pytest.approx(6000, abs=2), "above what 8 kHz telephone sound could hold"


def test_silent_short_and_repeated_sounds_are_left_out_and_counted(tmp_path, capsys):
    put(tmp_path / "raw/p/good.wav", sine(440, 1, 16_000))
    put(tmp_path / "raw/q/good.wav", sine(440, 1, 16_000))
    put(tmp_path / "raw/p/silent.wav", np.zeros(16_000))
    put(tmp_path / "raw/p/short.wav", sine(440, 0.04, 16_000))
    index = run(tmp_path)
    assert [Path(entry["path"]).name for entry in index["files"]] == ["p-good.wav"]
    assert {entry["path"]: entry["why"] for entry in index["left_out"]} == {
        "p/silent.wav": "silent",
        "p/short.wav": "too short",
        "q/good.wav": "same as p/good.wav",
    }
    assert "left out: 1 silent, 1 too short, 1 duplicates" in capsys.readouterr().out


def test_one_corrupt_file_in_a_hundred_is_skipped_and_listed(tmp_path, capsys):
    for number in range(99):
        put(tmp_path / f"raw/p/{number:02d}.wav", sine(300 + number, 0.06, 16_000))
    (tmp_path / "raw/p/bad.ogg").write_bytes(b"OggS and then nothing")
    index = run(tmp_path)
    assert len(index["files"]) == 99
    assert [entry["path"] for entry in index["skipped"]] == ["p/bad.ogg"]
    assert "p/bad.ogg" in capsys.readouterr().err


def test_more_than_two_percent_corrupt_is_an_error_and_nothing_is_published(tmp_path):
    for number in range(20):
        put(tmp_path / f"raw/p/{number:02d}.wav", sine(300 + number, 0.06, 16_000))
    (tmp_path / "raw/p/bad.wav").write_bytes(b"RIFF")
    with pytest.raises(SystemExit, match=r"1 of 21 files cannot be decoded.*p/bad.wav"):
        run(tmp_path)
    assert not (tmp_path / "16k").exists() and not (tmp_path / "16k.part").exists()


def test_a_killed_conversion_continues_where_it_ended(tmp_path, capfd):
    for number in range(8):
        put(tmp_path / f"raw/p/{number}.flac", sine(300 + 50 * number, 0.2, 44_100), 44_100)

    def killed():
        inner, written = audio.write, []
        audio.write = lambda *what: (
            inner(*what) or written.append(what) or (len(written) == 5 and os.kill(os.getpid(), signal.SIGKILL))
        )
        run(tmp_path)

    assert in_a_child(killed) == -signal.SIGKILL
    assert not (tmp_path / "16k").exists()
    (tmp_path / "16k.converting/training/p").mkdir(parents=True, exist_ok=True)
    finished = sorted((tmp_path / "16k.converting").rglob("*.wav"))
    assert len(finished) == 4
    finished[0].write_bytes(finished[0].read_bytes()[:-100])  # as after a power cut
    times = {path.name: path.stat().st_mtime_ns for path in finished[1:]}
    index = run(tmp_path)
    assert len(index["files"]) == 8 and "3 of 8 files are converted already" in capfd.readouterr().err
    now = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "16k").rglob("*.wav")}
    assert {name: now[name] for name in times} == times
    assert run(tmp_path, out="whole") == index
    assert all(
        (tmp_path / "16k" / entry["path"]).read_bytes() == (tmp_path / "whole" / entry["path"]).read_bytes()
        for entry in index["files"]
    )
    assert not (tmp_path / "16k.converting").exists() and {path.name for path in (tmp_path / "16k").iterdir()} <= {
        "index.json",
        *splits.SPLITS,
    }


def test_a_journal_of_other_files_is_not_used(tmp_path):
    put(tmp_path / "raw/p/a.wav", sine(300, 0.2, 16_000))
    plan, _ = convert_sounds.plan_files("anything", "speech", tmp_path / "raw")
    journal = ConversionJournal(tmp_path / "16k.converting", plan)
    journal.add(plan[0].path, {"skipped": "of another time"})
    put(tmp_path / "raw/p/a.wav", sine(400, 0.2, 16_000))
    assert len(run(tmp_path)["files"]) == 1


def test_a_full_disk_ends_in_a_sentence_and_keeps_converted_files(tmp_path, capfd):
    for number, seconds in enumerate((0.2, 0.2, 9)):
        put(tmp_path / f"raw/p/{number}.flac", sine(300 + 50 * number, seconds, 16_000))

    def with_full_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        run(tmp_path)

    assert in_a_child(with_full_disk) == 3 and "is full" in capfd.readouterr().err and not (tmp_path / "16k").exists()
    assert len(run(tmp_path)["files"]) == 3 and "2 of 3 files are converted already" in capfd.readouterr().err


def test_two_commands_at_once_convert_once(tmp_path):
    for number in range(4):
        put(tmp_path / f"raw/p/{number}.flac", sine(300 + 50 * number, 5, 44_100), 44_100)
    command = [
        sys.executable,
        "-m",
        "scripts.datasets.convert",
        "--name",
        "anything",
        "--kind",
        "speech",
        "--raw",
        str(tmp_path / "raw"),
        "--out",
        str(tmp_path / "16k"),
        "--jobs",
        "1",
    ]
    with files.holding(tmp_path / "lock"):
        both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        for each in both:
            assert "another make is at work" in each.stderr.readline()
    outputs = [each.communicate()[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert sum("has just been made by the other make" in out for out in outputs) == 1
    assert len(read_json(tmp_path / "16k/index.json")["files"]) == 4


def test_nothing_to_convert_is_an_error(tmp_path):
    (tmp_path / "raw").mkdir()
    with pytest.raises(SystemExit, match="holds no sound"):
        run(tmp_path)


def test_the_result_does_not_depend_on_jobs(tmp_path):
    for number in range(12):
        put(tmp_path / f"raw/{'abc'[number % 3]}/{number:02d}.flac", sine(300 + 50 * number, 0.2, 44_100), 44_100)
    assert run(tmp_path, jobs=1, out="one") == run(tmp_path, jobs=2, out="two")
    names = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.wav"))
    assert len(names) == 12
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in names)
    paths = [entry["path"] for entry in run(tmp_path)["files"]]
    assert paths == sorted(paths)


def test_names_that_differ_only_in_case_do_not_overwrite_each_other(tmp_path):
    put(tmp_path / "raw/p/A.wav", sine(440, 0.2, 16_000))
    put(tmp_path / "raw/p/a.wav", sine(880, 0.2, 16_000))
    assert len({entry["path"].lower() for entry in run(tmp_path)["files"]}) == 2


def test_a_file_has_its_own_kind(tmp_path, capsys):
    put(tmp_path / "raw/hw/Data/Music/City.ogg", sine(440, 1, 44_100), 44_100)
    put(tmp_path / "raw/hw/Data/Sounds/voices/Pirate/Boring.ogg", sine(500, 1, 44_100), 44_100)
    index = run(tmp_path, "music_games", "music")
    assert {entry["path"]: entry["kind"] for entry in index["files"]} == {
        "testing/music_City/Data-Music-City.wav": "music",
        "training/Pirate/voices-Pirate-Boring.wav": "short",
    }
    assert re.search(
        r"music +training +0 files in   0 groups .* testing +1 files in   1 groups", capsys.readouterr().out
    )
    assert index["hours"]["short"] == {"training": 0.0, "validation": 0.0, "testing": 0.0} | {
        "training": round(1 / 3600, 3)
    }


def test_rooms_begin_with_the_direct_sound(tmp_path):
    response = np.zeros(8000, np.float32)
    response[[400, 900]] = 0.4, 0.2
    put(tmp_path / "raw/piper/impulses/Concrete Room.wav", response)
    [entry] = run(tmp_path, "rooms_measured", "rooms")["files"]
    sound = soundfile.read(tmp_path / "16k" / entry["path"])[0]
    assert entry["path"] == "testing/Concrete_Room/piper-impulses-Concrete_Room.wav"
    assert len(sound) == 501 and sound[0] == pytest.approx(1, abs=1e-3) and sound[500] == pytest.approx(0.5, abs=1e-3)


def test_provenance_outlives_raw_and_archive(tmp_path, capsys):
    dataset = tmp_path / "keys"
    put(dataset / "raw/keys-data/a.wav", sine(440, 0.2, 16_000))
    notice = dataset / "raw/keys-data/usr/share/doc/keys-data/copyright"
    notice.parent.mkdir(parents=True)
    notice.write_text("Licence: GPL-2")
    packages = [{"file": "keys.deb", "source": "apt:keys=1", "sha256": "ab", "bytes": 3, "pinned": False}]
    files.write_json(dataset / "raw/fetched.json", packages)
    run(dataset)
    files.remove(dataset / "raw")
    capsys.readouterr()
    licences.main(["--datasets", str(tmp_path), "--name", "keys", "--licence", "keys=GPL-2 (a=b)", "--json"])
    [description] = json.loads(capsys.readouterr().out)
    assert (description["licence"], description["packages"]) == ("GPL-2 (a=b)", packages)
    assert [Path(path).read_text() for path in description["notices"]] == ["Licence: GPL-2"]
    licences.main(
        [
            "--datasets",
            str(tmp_path),
            "--name",
            "keys",
            "--licence",
            "keys=GPL-2",
            "--package",
            "pymicro-wakeword",
            "--json",
        ]
    )
    package = json.loads(capsys.readouterr().out)[1]
    assert package["name"].startswith("pymicro-wakeword 2") and package["licence"] == "Apache-2.0"
    assert any("Apache License" in Path(path).read_text() for path in package["notices"])
    licences.main(["--datasets", str(tmp_path), "--name", "keys", "other"])
    printed = capsys.readouterr().out
    assert "apt:keys=1" in printed and "as it came the first time" in printed and "other: not stated" in printed


def test_a_licence_without_a_name_is_refused(tmp_path):
    with pytest.raises(SystemExit, match="expected NAME=TEXT"):
        licences.main(["--datasets", str(tmp_path), "--name", "keys", "--licence", "GPL-2"])
