"""The specification of the build: what is redone after which change, and that nothing else is."""

import os
import re
import signal
import subprocess
import time

import pytest
from stages import COMMON, MODEL, SPOKEN, WORDS


def test_a_fresh_build_makes_every_stage_once(fresh):
    fresh.built("train")
    modules = [line.split()[1] for line in fresh.log() if line.startswith("end") and ".datasets." not in line]
    assert modules == [
        "scripts.samples.speak_word",
        "scripts.features.make_word",
        "scripts.samples.speak_common",
        "scripts.features.make_common",
        "scripts.features.make_embeddings",
        "scripts.model.pretrain",
        "scripts.model.train",
        "scripts.model.export",
        "scripts.evaluation.evaluate",
        "scripts.evaluation.examples",
        "scripts.publish.publish",
        "scripts.publish.summary",
    ]


def test_a_second_run_does_nothing(trained):
    before = trained.times()
    assert trained.plan("train") == set()
    assert trained.make("-q", "train").returncode == 0
    trained.built("train")
    assert trained.log() == [] and trained.times() == before


def test_a_second_run_is_quick(trained):
    def seconds(*arguments):  # of a processor: the clock on the wall would measure what else the machine does
        before = os.times()
        trained.built(*arguments)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds("train") for _ in range(3)) < 0.5
    assert min(seconds("help") for _ in range(3)) < 0.5


@pytest.mark.parametrize(
    "change, stages",
    [
        ("TRAINING_STEPS=9", MODEL),
        ("PRETRAIN_STEPS=9", {"common/pretrained"} | MODEL),
        ("SAMPLES=9", SPOKEN),
        ("NEGATIVE_SAMPLES=9", SPOKEN),
        ("COMMON_SAMPLES=9", COMMON | MODEL),
        ("VOICES=espeak:100", SPOKEN | COMMON),
        (
            "LANGUAGE=en-gb",
            SPOKEN
            | {"common/en-gb/samples", "common/en-gb/features", "common/en-gb/embeddings", "common/en-gb/pretrained"},
        ),
        (
            "LANGUAGE=de",
            SPOKEN
            | {"common/de/samples", "common/de/features", "common/de/embeddings", "common/de/pretrained"}
            | WORDS,
        ),
        ("SEED=9", SPOKEN | COMMON | {"rooms_simulated/16k"}),
        ("PRONUNCIATION=sa vahnt", SPOKEN),
        ("TITLE=Hey", {"word/published"}),
        ("JOBS=9", set()),
        ("GPU=off", set()),
        ("CLEANUP_WORK=1", set()),
        ("CLEANUP_ARCHIVES=1", set()),
        ("CLEANUP_INTERMEDIATE=1", set()),
    ],
)
def test_a_setting_redoes_its_stages_and_what_follows(trained, change, stages):
    assert trained.plan("train", change) == stages
    trained.built("train", change)
    assert trained.plan("train", change) == set()


@pytest.mark.parametrize(
    "version, stages",
    [
        ("SAMPLES_VERSION", SPOKEN | COMMON),
        ("WORD_SAMPLES_VERSION", SPOKEN),
        ("FEATURES_VERSION", {"word/features", "common/features", "common/embeddings", "common/pretrained"} | MODEL),
        ("PRETRAIN_VERSION", {"common/pretrained"} | MODEL),
        ("TRAIN_VERSION", MODEL),
    ],
)
def test_a_raised_version_redoes_its_stages(trained, version, stages):
    trained.replace(
        "Makefile", re.search(rf"\b{version} *:= \d+", (trained.root / "Makefile").read_text())[0], f"{version} := 99"
    )
    assert trained.plan("train") == stages


OLD_NAMES = {
    "HELDOUT_VOICES": "STRANGERS",
    "INIT": "START",
    "PRETRAIN_STEPS": "BEGINNING_STEPS",
    "PRETRAIN_VERSION": "BEGINNING_VERSION",
}


def as_earlier_versions_left_it(build) -> None:
    """Give the options in all stamps, and the pretrained weights, the names they had; no time of a file changes."""
    for path in build.root.glob("data/**/*.params"):
        about, text = path.stat(), path.read_text()
        for new, old in OLD_NAMES.items():
            text = re.sub(rf"^{new}=", f"{old}=", text, flags=re.MULTILINE)
        path.write_text(text)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    for path in list(build.root.glob("data/common/pretrained*")):
        path.rename(path.with_name(path.name.replace("pretrained", "beginning")))


def test_what_was_built_under_old_names_is_not_built_again(trained):
    times = {path: time for path, time in trained.times().items() if not path.is_dir()}
    as_earlier_versions_left_it(trained)
    assert len(list(trained.root.glob("data/common/beginning*"))) == 3
    assert trained.plan("train") == set() and trained.make("-q", "train").returncode == 0
    trained.built("train")
    assert trained.log() == []
    assert {path: time for path, time in trained.times().items() if not path.is_dir()} == times


@pytest.mark.parametrize(
    "change, stages",
    [
        ("HELDOUT_VOICES=", SPOKEN),
        ("INIT=official", MODEL),
        ("PRETRAIN_STEPS=9", {"common/pretrained"} | MODEL),
    ],
)
def test_what_was_built_under_old_names_is_built_again_when_its_options_change(trained, change, stages):
    as_earlier_versions_left_it(trained)
    assert trained.plan("train", change) == stages
    trained.built("train", change)
    assert trained.plan("train", change) == set()


@pytest.mark.parametrize("spelling", ["hey buster", "Hey buster.", "hey  buster."])
def test_another_spelling_of_the_same_slug_is_another_word(trained, spelling):
    assert trained.plan("train", word=spelling) == SPOKEN
    trained.built("train", word=spelling)
    assert (trained.root / "data/work/hey_buster/samples/made").read_text().splitlines()[1] == spelling


def test_another_word_shares_datasets_and_common(trained):
    assert trained.plan("train", word="computer") == SPOKEN


def test_a_dry_run_changes_nothing_and_tells_the_truth(trained):
    before = trained.times()
    said = trained.built("-n", "train", "SAMPLES=9", "SEED=3")
    assert trained.times() == before
    trained.built("train", "SAMPLES=9", "SEED=3")
    done = [line.split()[1] for line in trained.log() if line.startswith("start")]
    # What words share is made first, so the order may be another.
    assert sorted(done) == sorted(re.findall(r"^\./fake-python .*-m (?!scripts\.logged)(\S+)", said, re.MULTILINE))


def test_commands_are_shown_on_demand(fresh):
    assert "-m scripts.samples.speak_word" in fresh.built("-n", "samples")
    assert "-m" not in fresh.built("samples")
    shown = fresh.built("samples", "V=1", "SAMPLES=9")
    assert "-m scripts.samples.speak_word" in shown and "--log data/work/hey_buster/samples.log" in shown


@pytest.mark.parametrize(
    "stage, follows",
    [
        ("samples", SPOKEN),
        ("features", SPOKEN - {"word/samples"}),
        ("model", MODEL),
        ("evaluation", {"word/evaluation", "word/examples", "word/published"}),
        ("published", {"word/published"}),
    ],
)
def test_deleting_a_stamp_redoes_that_stage_and_what_follows(trained, stage, follows):
    (trained.root / f"data/work/hey_buster/{stage}.stamp").unlink()
    assert trained.plan("train") == follows


@pytest.mark.parametrize(
    "script, stages",
    [
        ("scripts/evaluation/evaluate.py", {"word/evaluation", "word/examples", "word/published"}),
        ("scripts/publish/publish.py", {"word/published"}),
        ("scripts/publish/report.py", {"word/published"}),
        ("scripts/publish/charts.py", {"word/published"}),
        ("scripts/publish/provenance.py", {"word/published"}),
        ("scripts/publish/page/report.html", {"word/published"}),
        ("scripts/tools/judge.py", set()),
        ("scripts/model/train.py", set()),
    ],
)
def test_newer_code_redoes_only_cheap_stages(trained, script, stages):
    (trained.root / script).touch()
    assert trained.plan("train") == stages


# ---- verify


def test_verify_builds_the_word_again_on_the_same_datasets_and_compares(trained):
    trained.built("verify", "JOBS=1")
    begun = [line.split()[1:] for line in trained.log() if line.startswith("start")]
    assert [module for module, *_ in begun] == [
        "scripts.samples.speak_word",
        "scripts.features.make_word",
        "scripts.samples.speak_common",
        "scripts.features.make_common",
        "scripts.features.make_embeddings",
        "scripts.model.pretrain",
        "scripts.model.train",
        "scripts.model.export",
        "scripts.evaluation.evaluate",
        "scripts.evaluation.examples",
        "scripts.publish.publish",
        "scripts.publish.summary",
        "scripts.tools.verify",
    ]
    assert all(out[0].startswith("data/verify/") for module, *out in begun if out)
    assert not (trained.root / "data/verify").exists() and trained.plan("train") == set()
    assert (trained.root / "data/datasets/voice_joe/voice/made").exists()


def test_a_build_of_verify_is_kept_if_it_differs_and_then_started_again(trained):
    assert trained.make("verify", FAKE_FAIL="scripts.tools.verify").returncode == 2
    assert (trained.root / "data/verify/output/hey_buster/made").exists()
    trained.log()
    trained.built("verify")
    assert sum(line.startswith("start scripts.samples.speak_word") for line in trained.log()) == 1


def test_a_dry_verify_changes_nothing(trained):
    before = trained.times()
    assert "scripts.tools.verify" in trained.built("-n", "verify")
    assert trained.times() == before and trained.log() == []


# ---- dropped work


def test_work_dropped_after_success_triggers_nothing(fresh):
    fresh.built("train", "CLEANUP_WORK=1")
    work = fresh.root / "data/work/hey_buster"
    assert (
        not [path for path in work.iterdir() if path.is_dir()] and (fresh.root / "data/output/hey_buster/made").exists()
    )
    (fresh.root / "scripts/evaluation/evaluate.py").touch()
    assert fresh.plan("train") == set() and fresh.make("-q", "train").returncode == 0
    assert fresh.plan("train", "TRAINING_STEPS=9") == SPOKEN
    fresh.built("train", "TRAINING_STEPS=9")
    assert fresh.plan("train", "TRAINING_STEPS=9") == set()


# ---- killed, failed, at once


@pytest.mark.parametrize(
    "module",
    [
        "scripts.datasets.fetch",
        "scripts.datasets.extract",
        "scripts.datasets.convert",
        "scripts.datasets.rooms",
        "scripts.samples.speak_word",
        "scripts.features.make_word",
        "scripts.model.train",
        "scripts.publish.publish",
    ],
)
def test_a_killed_stage_leaves_nothing_and_the_next_make_completes(fresh, module):
    with subprocess.Popen(
        **fresh.process("train", FAKE_HANG=module), start_new_session=True, stdout=subprocess.DEVNULL
    ) as running:
        deadline = time.monotonic() + 30
        while not (fresh.root / "hanging").exists():
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
    begun = fresh.log()[-1].split()
    assert begun[:2] == ["start", module]
    out = fresh.root / begun[2]
    assert (
        not out.exists()
        and not out.with_name(out.name + ".stamp").exists()
        and out.with_name(out.name + ".part").exists()
    )
    fresh.built("train")
    assert out.exists() and not list(fresh.root.glob("data/**/*.part"))
    assert fresh.plan("train") == set()


def test_a_failed_stage_stops_the_build_and_is_tried_again(trained):
    ran = trained.make("train", "SAMPLES=9", FAKE_FAIL="scripts.features.make_word")
    assert ran.returncode == 2 and "failed on purpose" in ran.stderr
    assert trained.plan("train", "SAMPLES=9") == SPOKEN - {"word/samples"}


def contents(build):
    return {path.relative_to(build.root): path.read_text() for path in build.root.glob("data/**/*") if path.is_file()}


def test_many_at_once_give_what_one_at_a_time_gives(fresh, once):
    fresh.built("-j8", "train")
    assert contents(fresh) == contents(once)


def test_heavy_stages_do_not_run_at_once(fresh):
    fresh.built("-j8", "train")
    heavy = [line.split()[:2] for line in fresh.log() if re.search(r"\.(samples|features|model)\.", line)]
    assert len(heavy) == 16
    for start, end in zip(heavy[::2], heavy[1::2]):
        assert (start[0], end[0]) == ("start", "end") and start[1] == end[1]


def test_what_the_words_of_a_language_share_outlives_a_word_in_another(trained):
    trained.built("train", "LANGUAGE=de", word="hallo buster")
    assert trained.plan("train", word="another") == SPOKEN
    assert trained.plan("train", "LANGUAGE=de", word="another") == SPOKEN


def test_embeddings_may_be_deleted_once_pretraining_is_done(trained):
    (trained.root / "data/common/embeddings.stamp").unlink()
    assert trained.plan("train") == set()
    assert trained.plan("train", "PRETRAIN_STEPS=9") == {"common/embeddings", "common/pretrained"} | MODEL
