"""Words trained for benchmarks: each seed in a directory of its own, with the common stages of the first."""

import os

import pytest

from scripts.bench.words import Seeds, train_word


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A DATA_DIR with two datasets, one of them drawn from the seed, and a make that publishes and keeps its line."""
    for name, options in (("talk", "talk_KIND=speech\n"), ("rooms_simulated", "rooms_simulated_KIND=rooms\nSEED=1\n")):
        (tmp_path / "data/datasets" / name).mkdir(parents=True)
        (tmp_path / "data/datasets" / name / "convert.params").write_text(options)
    make = tmp_path / "bin/make"
    make.parent.mkdir()
    make.write_text(
        "#!/bin/bash\n"
        f'printf "%s " "$@" >>{tmp_path}/lines; echo "alone=${{WAKEMAKE_ALONE:-}}" >>{tmp_path}/lines\n'
        'for text in "$@"; do case "$text" in DATA_DIR=*) home=${text#*=};; esac; done\n'
        'mkdir -p "$home/output/1-hey" "$home/common"; touch "$home/common/features.stamp"\n'
        'echo \'{"word": "hey"}\' >"$home/output/1-hey/build.json"; ln -sfn 1-hey "$home/output/hey"\n'
    )
    make.chmod(0o755)
    monkeypatch.setenv("PATH", f"{make.parent}:{os.environ['PATH']}")
    return tmp_path / "data"


def test_the_first_seed_is_built_as_a_whole(data, tmp_path):
    manifest = train_word(data, "hey", Seeds(1, 1))
    assert manifest == (data / "bench/1").resolve() / "output/hey/hey.json"
    line = (tmp_path / "lines").read_text()
    assert "train WORD=hey SEED=1 DATA_DIR=" in line and " -o " not in line and line.endswith("alone=\n")
    datasets = data / "bench/1/datasets"
    assert (datasets / "talk").resolve() == data / "datasets/talk"
    assert not (datasets / "rooms_simulated").exists(), "it is drawn from the seed, so each seed makes its own"


def test_another_seed_uses_the_common_stages_of_the_first(data, tmp_path):
    train_word(data, "hey", Seeds(1, 1))
    model = data / "bench/2/work/hey/model.stamp"
    model.parent.mkdir(parents=True)
    model.touch()
    os.utime(model, (1, 1))
    train_word(data, "hey", Seeds(2, 1))
    line = (tmp_path / "lines").read_text().splitlines()[-1]
    home = (data / "bench/2").resolve()
    assert (home / "common").resolve() == (data / "bench/1/common").resolve()
    assert f"-o {home}/common/features.stamp" in line and line.endswith(f"alone={home}")
    assert not model.exists(), "it is older than the common stages, and is trained again"


def test_a_seed_with_common_stages_of_its_own_keeps_them(data, tmp_path):
    train_word(data, "hey", Seeds(2, 2))
    train_word(data, "hey", Seeds(2, 1))
    assert " -o " not in (tmp_path / "lines").read_text() and not (data / "bench/2/common").is_symlink()


def test_a_training_that_fails_ends_with_makes_last_lines(data, tmp_path):
    (tmp_path / "bin/make").write_text("#!/bin/sh\necho no voice speaks it\nexit 2\n")
    with pytest.raises(SystemExit, match="'hey' with seed 1 failed:\nno voice speaks it"):
        train_word(data, "hey", Seeds(1, 1))
