"""What is redone after a change to the dataset table or to what was fetched, and what the table itself must hold."""
import re
import shutil
from pathlib import Path

import pytest
from stages import COMMON, MODEL, SPOKEN

ROOT = Path(__file__).resolve().parents[2]
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
