"""Recordings as people have them: damaged, cut short, of two rates, with odd names, full of NaN. Each is for itself."""

import json
import os
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile

from scripts.core import audio
from scripts.core.decode import Decoder, UndecodableError, list_files_below, read_all
from scripts.live import detect
from scripts.tools import judge

TONE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 16_000)).astype(np.float32)


def detected(alexa_data, capsys, wav, *more):
    """What `make detect` says: (text, {file name: result})."""
    given = ["--data", str(alexa_data), "--slug", "alexa", "--wav", str(wav), "--jobs", "1", *more]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        detect.main(given)
        text = capsys.readouterr().out
        detect.main([*given, "--format", "json"])
    found = json.loads(capsys.readouterr().out)["files"]
    return text, {os.path.basename(each["path"]): each for each in found}


def coded(path: Path, sound: np.ndarray, rate_hz: int = 16_000, codec: str = "aac") -> Path:
    """Write (samples,) float32 as .m4a, .mp3 and so on, by FFmpeg."""
    import av

    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None], np.float32), format="fltp", layout="mono")
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(stream.format, "mono", rate_hz, stream.codec_context.frame_size or 1024)
        for piece in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path


def test_sound_around_a_bad_packet_or_rubbish_is_kept(alexa_data, three_calls, tmp_path, capsys):
    calls = audio.read(three_calls[0])
    soundfile.write(tmp_path / "whole.flac", calls, 16_000)
    whole = (tmp_path / "whole.flac").read_bytes()
    middle = len(whole) * 3 // 5
    (tmp_path / "hole.flac").write_bytes(whole[:middle] + bytes(range(256)) * 8 + whole[middle + 2048 :])
    (tmp_path / "tail.flac").write_bytes(whole + b"\xff\xf8rubbish" * 400)
    (tmp_path / "cut.flac").write_bytes(whole[:middle])
    text, found = detected(alexa_data, capsys, tmp_path)
    assert len(found["whole.flac"]["detections"]) == 3 and "faults" not in found["whole.flac"]
    assert len(found["tail.flac"]["detections"]) == 3
    for name in ("hole.flac", "cut.flac"):
        assert found[name]["detections"] and found[name]["faults"], name
    assert (
        "4 files" in text
        and "damaged" in text
        and "only in part" in text
        and not re.search(r"\d could not be decoded", text)
    )


def test_a_file_whose_rate_changes_is_decoded_to_its_end(alexa_data, three_calls, tmp_path, capsys):
    calls = audio.read(three_calls[0])
    parts = [
        coded(tmp_path / f"{rate_hz}.mp3", audio.resample(calls, 16_000, rate_hz), rate_hz, "libmp3lame").read_bytes()
        for rate_hz in (44_100, 22_050)
    ]
    for path in tmp_path.glob("*.mp3"):
        path.unlink()
    (tmp_path / "two.mp3").write_bytes(b"".join(parts))
    audio.write(tmp_path / "after.wav", calls)
    _, found = detected(alexa_data, capsys, tmp_path)
    assert len(found["two.mp3"]["detections"]) == 6 and len(found["after.wav"]["detections"]) == 3


def test_names_that_are_not_utf8_or_look_like_an_address(alexa_data, three_calls, tmp_path, capsys, monkeypatch):
    sound = three_calls[0].read_bytes()
    for name in (b"caf\xe9.wav", b"12:30.wav", b"\xff\xfe broken.wav"):
        Path(tmp_path, os.fsdecode(name)).write_bytes(b"RIFF" if b"broken" in name else sound)
    monkeypatch.chdir(tmp_path)  # a name at the beginning of what FFmpeg is given
    text, found = detected(alexa_data, capsys, Path("."))
    assert len(found["caf\ufffd.wav"]["detections"]) == 3 and len(found["12:30.wav"]["detections"]) == 3
    assert "undecodable" in found["\ufffd\ufffd broken.wav"] and "caf\ufffd.wav" in text


def test_nan_is_silence_where_it_is_and_no_sound_where_it_is_all(alexa_data, three_calls, tmp_path, capfd):
    calls = audio.read(three_calls[0])
    some = calls.copy()
    some[:1000:3], some[7] = np.nan, -np.inf
    for name, sound in (
        ("some.wav", some),
        ("all.wav", np.full(32_000, np.nan, np.float32)),
        ("integers.wav", calls * 32768),
    ):
        soundfile.write(tmp_path / name, sound, 16_000, subtype="FLOAT")
    text, found = detected(alexa_data, capfd, tmp_path)
    assert (
        len(found["some.wav"]["detections"]) == 3
        and "not numbers (NaN or infinite) and count as silence" in found["some.wav"]["faults"][0]
    )
    assert found["all.wav"] == {
        "path": str(tmp_path / "all.wav"),
        "undecodable": "its samples are not numbers (NaN or infinite)",
    }
    assert "times full scale" in found["integers.wav"]["faults"][0] and "1 could not be decoded" in text
    assert "Warning" not in capfd.readouterr().err


def test_a_recording_that_was_cut_off_says_so(tmp_path):
    soundfile.write(tmp_path / "whole.aiff", TONE, 16_000)
    (tmp_path / "cut.aiff").write_bytes((tmp_path / "whole.aiff").read_bytes()[:40_000])
    whole, cut = (read_all(tmp_path / name) for name in ("whole.aiff", "cut.aiff"))
    assert whole[1] == [] and np.array_equal(whole[0], audio.read(tmp_path / "whole.aiff"))
    assert 19_000 < len(cut[0]) < 20_100 and cut[1] == ["it should last 3.0 s and has only 1.2 s"]


def test_titles_in_latin1_and_playlists(tmp_path):
    mp3 = coded(tmp_path / "a.mp3", TONE, codec="libmp3lame").read_bytes()
    text = b"\x00" + "Müller".encode("latin-1")
    frame = b"TIT2" + len(text).to_bytes(4, "big") + b"\0\0" + text
    tag = b"ID3\x03\0\0" + bytes([0, 0, 0, len(frame)]) + frame
    (tmp_path / "latin.mp3").write_bytes(tag + mp3[mp3.index(b"\xff\xf3") if b"\xff\xf3" in mp3 else 0 :])
    assert len(read_all(tmp_path / "latin.mp3")[0]) > 40_000
    audio.write(tmp_path / "a.wav", TONE)
    (tmp_path / "list.txt").write_text("ffconcat version 1.0\nfile a.wav\n")
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:3,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n")
    for name in ("list.txt", "list.m3u8"):
        with pytest.raises(UndecodableError):
            read_all(tmp_path / name)


def test_a_file_that_cannot_be_opened_gives_a_reason(tmp_path):
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("no sound " * 99)
    (tmp_path / "none.wav").symlink_to("nowhere.wav")
    audio.write(tmp_path / "nothing.wav", TONE[:0])
    for name in ("empty.wav", "text.wav", "none.wav", "nothing.wav"):
        with pytest.raises(UndecodableError, match="."):
            list(Decoder(tmp_path / name))


def test_links_to_directories_are_followed_each_once(tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "mine").mkdir()
    (tmp_path / "far/a.wav").touch()
    (tmp_path / "far/loop").symlink_to(tmp_path / "mine")
    (tmp_path / "mine/far").symlink_to(tmp_path / "far")
    (tmp_path / "mine/.hidden").touch()
    os.mkfifo(tmp_path / "mine/pipe.wav")
    assert list_files_below(tmp_path / "mine") == [tmp_path / "mine/far/a.wav"]


def test_judging_takes_every_format_and_counts_skipped_files(tmp_path, espeak_says, capfd):
    import pymicro_wakeword

    alexa = Path(pymicro_wakeword.__file__).parent / "models" / "alexa.json"
    words, talk = tmp_path / "words", tmp_path / "talk"
    words.mkdir()
    talk.mkdir()
    said, other = (
        espeak_says("alexa", "en-us+m3"),
        espeak_says("the weather will be fine until tomorrow evening", "en-us"),
    )
    pad = np.zeros(4_000, np.float32)
    coded(words / "phone.m4a", np.concatenate([pad, said, pad]))
    audio.write(words / "plain.wav", said)
    (words / "notes.txt").write_text("taken in the kitchen")
    nan = np.full(16_000, np.nan, np.float32)
    soundfile.write(talk / "nan.wav", nan, 16_000, subtype="FLOAT")
    coded(talk / "talk.m4a", other)
    audio.write(talk / "blip.wav", TONE[:900])
    given = [
        str(alexa),
        "--positives",
        str(words),
        "--negatives",
        str(talk),
        "--jobs",
        "1",
        "--keep",
        str(tmp_path / "kept"),
    ]
    for _ in range(2):  # the second time from the spectrograms kept
        judge.main([*given, "--json"])
        out, err = capfd.readouterr()
        figures = json.loads(out)
        assert figures["n_positive"] == 2 and figures["skipped"] == 3 and figures["at_cutoff"]["recall"] == 1.0
        for line in (
            f"skipped {words / 'notes.txt'}: ",
            f"skipped {talk / 'nan.wav'}: its samples are not numbers",
            f"skipped {talk / 'blip.wav'}: shorter",
        ):
            assert err.count(line) == 1
        assert "Warning" not in err
    judge.main(given)
    assert "3 files skipped, named above" in capfd.readouterr().out


def test_a_header_of_one_sample_a_second_is_refused(tmp_path):
    audio.write(tmp_path / "a.wav", TONE)
    data = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "slow.wav").write_bytes(data[:24] + (1).to_bytes(4, "little") + data[28:])
    with pytest.raises(UndecodableError, match="1 samples a second"):
        read_all(tmp_path / "slow.wav")
    for name, size in (
        ("crashed.wav", b"\0\0\0\0"),
        ("streamed.wav", b"\xff\xff\xff\xff"),
    ):  # recorders that did not come to write it
        (tmp_path / name).write_bytes(data[:40] + size + data[44:])
        assert len(read_all(tmp_path / name)[0]) == len(TONE)


def test_links_to_nowhere_and_folders_that_are_closed_are_named(alexa_data, three_calls, tmp_path, capfd, monkeypatch):
    audio.write(tmp_path / "a.wav", audio.read(three_calls[0]))
    (tmp_path / "gone.wav").symlink_to("nowhere.wav")
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    text, found = detected(alexa_data, capfd, tmp_path)
    assert found["gone.wav"]["undecodable"] == "No such file or directory" and "1 could not be decoded" in text
    assert list_files_below(tmp_path) == [tmp_path / "a.wav", tmp_path / "gone.wav"]
    assert capfd.readouterr().err == f"skipped {tmp_path / 'closed'}: Permission denied\n"
