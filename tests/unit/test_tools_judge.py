"""Judging on recordings: small synthesised files, an official model that knows the word."""

import json
from pathlib import Path

import numpy as np
import pytest

from scripts.core import audio
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


def test_the_figures_count_recall_false_accepts_and_hours(folders, tmp_path, capsys):
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
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["clips", "stream"]


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
    printed, errors = capsys.readouterr()
    assert "3 recordings of the word" in printed and " (2) " in printed
    assert "calls: 2 false accepts at its own cutoff in 1 files" in printed
    assert f"skipped {tmp_path / 'broken.wav'}" in errors


def test_duplicates_are_counted_once_in_a_figure_of_their_own(folders, tmp_path, capsys):
    word = audio.read(folders / "word" / "0.wav")
    other = audio.read(folders / "other" / "0.wav")
    for number in range(4):  # one recording four times, and another one of something else
        audio.write(
            tmp_path / f"{number}.wav",
            np.concatenate([np.zeros(1_111 * number, np.float32), word * (1 - 0.2 * number)]),
        )
    audio.write(tmp_path / "9.wav", other)
    arguments = [str(ALEXA), "--positives", str(tmp_path), "--negatives", str(folders / "other"), "--jobs", "1"]
    judge.main([*arguments, "--json"])
    own = json.loads(capsys.readouterr().out)
    assert (own["n_positive"], own["n_sounds"], own["n_effective"]) == (5, 2, 1), (
        "25 / (16 + 1): hardly more than one person is counted"
    )
    assert (own["at_cutoff"]["recall"], own["at_cutoff"]["recall_once"]) == (0.8, 0.5)
    judge.main(arguments)
    printed = capsys.readouterr().out
    assert (
        "5 recordings of the word (2 sounds, the rest duplicates of them), " in printed
        and "each sound once" in printed
        and " 50.0%" in printed
    )


def test_what_cannot_be_used_is_refused_in_a_sentence(folders, tmp_path):
    with pytest.raises(SystemExit, match="belong together"):
        judge.main([str(ALEXA), "--positives", str(folders), "--negatives", str(folders), "--snr", "10"])
    with pytest.raises(SystemExit, match="no files below"):
        judge.main([str(ALEXA), "--positives", str(tmp_path), "--negatives", str(folders)])
    with pytest.raises(SystemExit, match="no manifest"):
        judge.main([str(tmp_path / "a.json"), "--positives", str(folders), "--negatives", str(folders)])
