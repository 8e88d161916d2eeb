"""Judging on recordings: small synthesised files, an official model that knows the word."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
from scripts.core.frontend import spectrogram
from scripts.tools import judge

pymicro_wakeword = pytest.importorskip("pymicro_wakeword")
ALEXA = Path(pymicro_wakeword.__file__).parent / "models" / "alexa.json"


@pytest.fixture(scope="module")
def folders(tmp_path_factory, espeak_says):
    root = tmp_path_factory.mktemp("recordings")
    for name in ("word", "other", "calls"):
        (root / name).mkdir()
    for number, voice in enumerate(("en-us", "en-us+m3", "en-us+f2")):
        audio.write(root / "word" / f"{number}.wav", espeak_says("alexa", voice))
        audio.write(
            root / "other" / f"{number}.wav", espeak_says("the weather will be fine until tomorrow evening", voice)
        )
    pause = np.zeros(32_000, np.float32)
    audio.write(
        root / "calls" / "calls.wav",
        np.concatenate([pause, espeak_says("alexa", "en-us"), pause, espeak_says("alexa", "en-us"), pause]),
    )
    (root / "word" / "broken.wav").write_bytes(b"no sound at all")
    return root


def test_judged(folders, tmp_path, capsys):
    arguments = [
        str(ALEXA),
        "--positives",
        str(folders / "word"),
        "--negatives",
        str(folders / "other"),
        "--jobs",
        "1",
        "--json",
        "--keep",
        str(tmp_path),
    ]
    judge.main(arguments)
    first = json.loads(capsys.readouterr().out)
    assert first["n_positive"] == first["n_sounds"] == first["n_effective"] == 3, "the broken file is skipped"
    assert first["at_cutoff"]["recall"] == 1.0 and first["at_cutoff"]["false_accepts"] == 0
    seconds = sum(audio.duration_s(path) for path in (folders / "other").iterdir())
    assert first["hours"] == pytest.approx(seconds / 3600, abs=2e-3)
    assert set(first["at_fa_per_hour"]) == {"0.1", "0.5", "1.0", "2.0", "5.0"}
    judge.main(arguments)
    assert json.loads(capsys.readouterr().out) == first, "from the spectrograms kept"
    assert len(list(tmp_path.iterdir())) == 1


def test_each_call_among_the_negatives_is_a_false_accept(folders, tmp_path, capsys):
    (tmp_path / "broken.wav").write_bytes(b"no sound at all")
    judge.main(
        [
            str(ALEXA),
            "--positives",
            str(folders / "word"),
            "--jobs",
            "1",
            "--negatives",
            str(folders / "other"),
            str(folders / "calls"),
            str(tmp_path),
        ]
    )
    printed, said = capsys.readouterr()
    assert "3 recordings of the word" in printed and " (2) " in printed
    assert f"skipped {tmp_path / 'broken.wav'}" in said


def test_copies_are_counted_once_in_a_figure_of_their_own(folders, tmp_path, capsys):
    said = audio.read(folders / "word" / "0.wav")
    other = audio.read(folders / "other" / "0.wav")
    for number in range(4):  # one person heard four times, and one who says something else
        audio.write(
            tmp_path / f"{number}.wav",
            np.concatenate([np.zeros(1_111 * number, np.float32), said * (1 - 0.2 * number)]),
        )
    audio.write(tmp_path / "9.wav", other)
    arguments = [str(ALEXA), "--positives", str(tmp_path), "--negatives", str(folders / "other"), "--jobs", "1"]
    judge.main([*arguments, "--json"])
    own = json.loads(capsys.readouterr().out)
    assert (own["n_positive"], own["n_sounds"], own["n_effective"]) == (5, 2, 1), (
        "25 / (16 + 1): hardly more than one person was asked"
    )
    assert (own["at_cutoff"]["recall"], own["at_cutoff"]["recall_once"]) == (0.8, 0.5)
    judge.main(arguments)
    printed = capsys.readouterr().out
    assert (
        "5 recordings of the word (2 sounds, the rest copies of them), " in printed
        and "each sound once" in printed
        and " 50.0%" in printed
    )


def test_noise_is_mixed_at_the_ratio():
    random = np.random.default_rng(0)
    sound, noise = (
        0.2 * random.standard_normal(16_000).astype(np.float32),
        0.5 * random.standard_normal(5_000).astype(np.float32),
    )
    mixed = judge.Mixer(noise, 6.0)(sound, "a")
    snr_db = 10 * np.log10(np.mean(sound**2) / np.mean((mixed - sound) ** 2))
    assert snr_db == pytest.approx(6.0, abs=0.2)
    assert np.array_equal(mixed, judge.Mixer(noise, 6.0)(sound, "a")) and not np.array_equal(
        mixed, judge.Mixer(noise, 6.0)(sound, "b")
    )


def test_pieces_join_to_the_whole_stream(folders, monkeypatch):
    files = judge.sound_files(folders / "other")
    monkeypatch.setattr(judge, "PIECE_S", 3)
    monkeypatch.setattr(judge, "OVERLAP_S", 2)
    tasks, duration_h = judge.pieces_of({path: len(audio.read(path)) for path in files})
    joined = np.concatenate([judge.piece_frames(judge.Mixer(), task) for task in tasks])
    whole = spectrogram(np.concatenate([judge.Mixer()(audio.read(path), path.name) for path in files]))
    assert len(tasks) == -(-round(duration_h * 3600) // 3) and len(tasks) > 1
    assert 0 <= len(joined) - len(whole) <= 2, "the last frames reach beyond the sound"
    assert np.array_equal(joined[:300], whole[:300]), "the first piece is the beginning"
    difference = np.abs(joined[: len(whole)].astype(int) - whole)
    assert np.median(difference) <= 2 and np.percentile(difference, 99) < 60, "later frontends have settled to the same"


def test_refusals(folders, tmp_path):
    with pytest.raises(SystemExit, match="belong together"):
        judge.main([str(ALEXA), "--positives", str(folders), "--negatives", str(folders), "--snr", "10"])
    with pytest.raises(SystemExit, match="no files below"):
        judge.main([str(ALEXA), "--positives", str(tmp_path), "--negatives", str(folders)])
    with pytest.raises(SystemExit, match="no manifest"):
        judge.main([str(tmp_path / "a.json"), "--positives", str(folders), "--negatives", str(folders)])
