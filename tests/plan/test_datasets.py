"""What a change to the dataset table or to fetched files redoes, and what the table itself must hold."""

import os
import re
import shutil
from pathlib import Path

import pytest
from stages import COMMON, MODEL, SPOKEN

ROOT = Path(__file__).resolve().parents[2]
SOUND_USED = {"word/features", "common/features", "common/embeddings", "common/pretrained"} | MODEL


@pytest.mark.parametrize(
    "old, new, stages",
    [
        ("moh-opsound-g722_2.03-1.1", "moh-opsound-g722_2.04-1", set()),
        ("DEBIAN   := https://deb.", "DEBIAN   := https://archive.", set()),
        ("8d6b39d6", "00000000", {"music_hold/archive", "music_hold/raw", "music_hold/16k"} | SOUND_USED),
        ("f46a74bc", "00000000", {"voice_joe/archive", "voice_joe/raw", "voice_joe/voice"} | SPOKEN | COMMON),
        ("noise_samples_KIND        := noise", "noise_samples_KIND := music", {"noise_samples/16k"} | SOUND_USED),
        ("rooms_simulated_COUNT       := 300", "rooms_simulated_COUNT := 9", {"rooms_simulated/16k"} | SOUND_USED),
        (" noise_samples\n", "\n", SOUND_USED),
        ("music_hold_DISK_MB     := 60", "music_hold_DISK_MB := 61", set()),
        ("music_hold_LICENCE     := CC-BY-SA-3.0", "music_hold_LICENCE := CC-BY-SA-4.0", {"word/published"}),
    ],
)
def test_a_changed_row_redoes_that_dataset_and_what_uses_it(trained, old, new, stages):
    trained.replace("scripts/datasets/datasets.mk", old, new)
    assert trained.plan("train") == stages
    trained.built("train")
    assert trained.plan("train") == set()


@pytest.mark.parametrize(
    "cleaners", [("clean-archives",), ("clean-intermediate",), ("clean-archives", "clean-intermediate")]
)
def test_deleting_archives_and_intermediates_triggers_nothing(trained, cleaners):
    trained.built(*cleaners)
    assert trained.plan("train") == trained.plan("datasets") == set()
    assert trained.plan("train", "TRAINING_STEPS=9") == MODEL
    left = {path.name for path in (trained.root / "data/datasets/music_hold").iterdir()}
    assert left.isdisjoint({"archive", "archive.stamp"} if "clean-archives" in cleaners else {"raw", "raw.stamp"})


def test_deleted_files_are_made_again_when_they_are_needed(trained):
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


def test_one_step_of_one_dataset_can_be_made(fresh):
    assert fresh.plan("download-music_hold", word=None) == {"music_hold/archive"}
    assert fresh.plan("extract-music_hold", word=None) == {"music_hold/archive", "music_hold/raw"}
    assert fresh.plan("convert-voice_joe", word=None) == {"voice_joe/archive", "voice_joe/raw", "voice_joe/voice"}
    assert fresh.plan("convert-rooms_simulated", word=None) == {"rooms_simulated/16k"}
    fresh.built("download-rooms_simulated", word=None)


@pytest.mark.parametrize("profile, count", [("starter", 12), ("small", 17), ("full", 28)])
def test_every_row_of_the_table_is_complete(fresh, profile, count):
    shutil.copy2(ROOT / "scripts/datasets/datasets.mk", fresh.root / "scripts/datasets/datasets.mk")
    settings = (f"PROFILE={profile}", "MORE_DATASETS=music_fma_small")
    names = fresh.built("-s", "print-DATASETS", *settings, word=None).strip().partition("=")[2].split()
    assert len(names) == len(set(names)) > count
    fields = ("KIND", "PACKAGES", "SHA256", "BYTES", "DOWNLOAD_MB", "DISK_MB", "READY_MB", "LICENCE")
    values = {}
    for line in fresh.built(
        "-s", *(f"print-{name}_{field}" for name in names for field in fields), *settings, word=None
    ).splitlines():
        key, _, value = line.partition("=")
        values[key] = value
    for name in names:
        kind, packages, sums, sizes, download_mb, disk_mb, ready_mb, licence = (
            values[f"{name}_{field}"] for field in fields
        )
        assert kind in {"voice", "rooms", "speech", "short", "music", "noise", "negative"} and licence, name
        assert int(disk_mb) >= int(download_mb) + int(ready_mb), name
        addresses = [address for package in packages.split() for address in re.split(r"[|,]", package)]
        assert all(re.fullmatch(r"(pypi:[\w-]+==|https://)\S+", address) for address in addresses), name
        assert all(re.fullmatch(r"[0-9a-f]{64}|sha1:[0-9a-f]{40}|\?", digest) for digest in sums.split()), name
        assert len(sizes.split()) in (0, len(sums.split())), name


def print_of(build, name, *settings) -> str:
    return build.built("-s", f"print-{name}", *settings, word=None).strip().partition("=")[2]


def test_the_disk_space_of_a_profile_is_computed_from_the_table(fresh):
    """Six rows, a held-out voice among them: download, peak and converted size of each, added up here."""
    rows = [
        tuple(int(print_of(fresh, f"{name}_{size}_MB")) for size in ("DOWNLOAD", "DISK", "READY"))
        for name in print_of(fresh, "DATASETS").split()
    ]
    assert len(rows) == 6
    assert int(print_of(fresh, "DATASETS_MB")) == sum(disk for _, disk, _ in rows)
    assert int(print_of(fresh, "DATASETS_MB", "CLEANUP_ARCHIVES=1")) == sum(
        disk - download for download, disk, _ in rows
    ) + max(row[0] for row in rows)
    both = sum(ready for *_, ready in rows) + max(disk - ready for _, disk, ready in rows)
    assert (
        int(print_of(fresh, "CLEANED_MB"))
        == int(print_of(fresh, "DATASETS_MB", "CLEANUP_ARCHIVES=1", "CLEANUP_INTERMEDIATE=1"))
        == both
    )


@pytest.mark.parametrize("profile", ["small", "full"])
def test_a_profiles_rows_have_their_three_steps_and_nothing_deleted_triggers_anything(fresh, profile):
    settings = (f"PROFILE={profile}", "MORE_DATASETS=music_fma_small")
    names = [
        name
        for name in print_of(fresh, "DATASETS", *settings).split()
        if print_of(fresh, f"{name}_PACKAGES", *settings).startswith("https")
    ]
    planned = fresh.plan("datasets", *settings, word=None)
    for name in names:
        last = "features" if name.startswith("negative") else "voice" if name.startswith("voice") else "16k"
        assert {f"{name}/{step}" for step in ("archive", "raw", last)} <= planned
    assert fresh.plan("extract-rooms_mit", *settings, word=None) == {"rooms_mit/archive", "rooms_mit/raw"}
    fresh.built("datasets", *settings, word=None)
    for cleaners in (("clean-archives",), ("clean-intermediate",)):
        fresh.built(*cleaners, word=None)
        assert (
            fresh.plan("datasets", *settings, word=None) == set()
            and fresh.make("-q", "datasets", *settings, word=None).returncode == 0
        )
    command = (fresh.root / "data/datasets/negative_dinner_party/features/made").read_text()
    assert "scripts.datasets.import_spectrograms --name negative_dinner_party " in command


def test_a_profile_with_other_negatives_redoes_the_training(trained):
    assert "word/model" in trained.plan("train", "PROFILE=small")
    trained.built("train", "PROFILE=small")
    assert trained.plan("train", "PROFILE=small") == set()
    command = (trained.root / "data/work/hey_buster/evaluation/made").read_text()
    assert "--negatives data/datasets/negative_dinner_party/features" in command
    assert "word/model" in trained.plan("train")


@pytest.mark.parametrize("machine, processor", [("x86_64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64")])
def test_only_flite_depends_on_the_processor(fresh, machine, processor):
    """Each processor has its libraries; all other packages and checksums are the same."""
    shutil.copy2(ROOT / "scripts/datasets/datasets.mk", fresh.root / "scripts/datasets/datasets.mk")
    names = print_of(fresh, "DATASETS").split()
    (fresh.root / "bin").mkdir()
    (fresh.root / "bin/uname").write_text(f"#!/bin/sh\necho {machine}\n")
    (fresh.root / "bin/uname").chmod(0o755)
    path = {"PATH": f"{fresh.root}/bin:{os.environ['PATH']}"}
    rows = fresh.make(
        "-s", *(f"print-{name}_{field}" for name in names for field in ("PACKAGES", "SHA256")), word=None, **path
    ).stdout.splitlines()
    for row in rows:
        name, _, value = row.partition("=")
        assert name.startswith("voice_flite_") or not re.search("amd64|arm64", value), name
    [packages, sums] = [row.partition("=")[2].split() for row in rows if row.startswith("voice_flite_")]
    assert [re.findall(r"(\w+)_[^_|]+_(\w+)\.deb", package) for package in packages] == [
        [("libflite1", processor)] * 2,
        [("libasound2", processor)] * 2,
    ]
    assert [digest[:8] for digest in sums] == {"amd64": ["bfa8c591", "44c77b07"], "arm64": ["a32d8cfe", "9fa88940"]}[
        processor
    ]


def test_flite_is_not_fetched_on_macos(fresh):
    """Its libraries are for Linux; the samples stage says that it is left out."""
    shutil.copy2(ROOT / "scripts/datasets/datasets.mk", fresh.root / "scripts/datasets/datasets.mk")
    (fresh.root / "bin").mkdir()
    assert "voice_flite" in print_of(fresh, "DATASETS")
    (fresh.root / "bin/uname").write_text("#!/bin/sh\necho Darwin arm64\n")
    (fresh.root / "bin/uname").chmod(0o755)
    names = fresh.make("-s", "print-DATASETS", word=None, PATH=f"{fresh.root}/bin:{os.environ['PATH']}").stdout
    assert "voice_kokoro" in names and "voice_flite" not in names


def test_data_of_earlier_versions_are_not_fetched_again(trained):
    """They wrote apt's and npm's names into source.params; the checksums are the same."""
    for params in trained.root.glob("data/datasets/*/source.params"):
        first, *rest = params.read_text().splitlines()
        assert first.split("=")[0].endswith("_PACKAGES") and rest[0].split("=")[0].endswith("_SHA256")
        times = params.stat()
        params.write_text(f"{first.split('=')[0]}=apt:something=1.0\n{rest[0]}\n")
        os.utime(params, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert trained.plan("train") == set() and trained.make("-q", "datasets", word=None).returncode == 0


def test_a_dataset_in_another_version_than_the_tables_is_made_again(trained):
    """Earlier versions took what the system's apt-get offered instead, and recorded the checksum of the table."""
    fetched = trained.root / "data/datasets/music_hold/16k/fetched.json"
    fetched.write_text('[{"file": "a.deb", "pinned": false, "wanted_sha256": "8d6b39d6"}]')
    assert trained.plan("train") == {"music_hold/archive", "music_hold/raw", "music_hold/16k"} | SOUND_USED


def test_an_address_counts_where_no_checksum_is_known(fresh):
    fresh.built("datasets", "PROFILE=small", word=None)
    fresh.replace(
        "scripts/datasets/datasets.mk", "fma_xsmall/resolve/main/fma_xs.zip", "fma_xsmall/resolve/main/fma_other.zip"
    )
    assert fresh.plan("datasets", "PROFILE=small", word=None) == {
        "music_fma_xs/archive",
        "music_fma_xs/raw",
        "music_fma_xs/16k",
    }


def test_an_unknown_dataset_is_refused_with_a_suggestion(fresh):
    assert "did you mean music_fma_small?" in fresh.refused("datasets", "MORE_DATASETS=music_fma_smal")


def test_a_row_with_too_few_checksums_is_refused(fresh):
    fresh.replace("scripts/datasets/datasets.mk", "music_hold_SHA256      := ", "music_hold_SHA256 := # ")
    assert "music_hold has 1 packages but 0 checksums" in fresh.refused("datasets")
