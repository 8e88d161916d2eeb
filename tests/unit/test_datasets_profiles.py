"""The reference datasets made by make, with a host on loopback that has small ones. The table is the real one; `make -e`
takes the checksums of the small archives, and the disk space, from the environment."""

import hashlib
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import soundfile
from loopback import Host
from reference import NEGATIVES, PLAIN, ROOT, Build, serve, sound
from test_datasets_archives import deb_bytes

from scripts.core.files import read_json
from scripts.core.spectrogram_store import open_stores


@pytest.fixture
def host():
    with Host() as host:
        yield host


@pytest.fixture(scope="module")
def starter(tmp_path_factory) -> Path:
    """The data of a make whose stages were all done by the plan tests' stand-in for Python."""
    root = tmp_path_factory.mktemp("starter")
    scripts = ROOT / "scripts"
    for path in (
        ROOT / "Makefile",
        ROOT / "config.mk",
        *ROOT.glob("*.lock"),
        *scripts.rglob("*.mk"),
        *scripts.rglob("*.sh"),
        *scripts.rglob("*.awk"),
        scripts / "core/alone.py",
        scripts / "core/locks.py",
        *(ROOT / "docker").glob("*.mk"),
    ):
        target = root / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    shutil.copy2(ROOT / "tests/plan/fake-python", root)
    subprocess.run(
        ["make", "-s", "datasets", "PYTHON=./fake-python"], cwd=root, env=PLAIN, check=True, stdout=subprocess.DEVNULL
    )
    return root / "data"


@pytest.fixture
def prepare(starter, tmp_path, host):
    """prepare(...): a Build, and on `host` what serve(host, ...) puts there."""
    shutil.copytree(starter, tmp_path / "data")
    return lambda **how: Build(tmp_path / "data", serve(host, **how))


def test_the_small_profile_is_made_as_a_whole(host, prepare):
    build = prepare()
    log = build.made("datasets", "PROFILE=small")
    assert "== rooms_mit: download" in log and "== voice_joe" not in log
    assert len(build.index("rooms_mit")["files"]) == 8 and len(build.index("music_fma_xs")["files"]) == 8
    clips = build.index("noise_audioset_few")["files"]
    assert len(clips) == 6 and {clip["kind"] for clip in clips} == {"noise"}
    info = soundfile.info(build.data / "datasets/noise_audioset_few/16k" / clips[0]["path"])
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_16")
    features = build.data / "datasets/negative_dinner_party_eval/features"
    [store] = open_stores(features, "negative_dinner_party_eval", "testing_ambient")
    assert len(store) == 2 and store.lengths.tolist() == [6000, 6010] and (store.end_frame == -1).all()
    recorded = (build.data / "checksums.lock").read_text()
    assert recorded.count("huggingface.co") == 3, "those the table does not know: rooms, music, AudioSet"
    host.requests.clear()
    assert build.make("-q", "datasets", "PROFILE=small").returncode == 0
    for cleaner in ("clean-archives", "clean-intermediate"):
        build.made(cleaner)
        assert build.make("-q", "datasets", "PROFILE=small").returncode == 0
    assert open_stores(features, "negative_dinner_party_eval", "testing_ambient")[0][1].shape == (6010, 40), (
        "its files have names of their own"
    )
    assert host.requests == []
    licences = build.made("licences", "PROFILE=small")
    assert (
        "negative_dinner_party: CC-BY-NC-4.0  ** not for commercial use **" in licences
        and "as it came the first time" in licences
    )
    assert re.search(r"music_fma_xs: .*many of them NC.*not for commercial use", licences)


def test_the_full_profile_is_made_and_cleaned_dataset_by_dataset(host, prepare):
    build = prepare(audioset_clips=2)
    build.made("datasets", "PROFILE=full", "CLEANUP_ARCHIVES=1", "CLEANUP_INTERMEDIATE=1")
    assert build.left() == set()
    assert sum(len(build.index(f"noise_audioset_{n}")["files"]) for n in range(10)) == 20
    for name, modes in NEGATIVES.items():
        index = read_json(build.data / f"datasets/negative_{name}/features/index.json")
        assert {store["mode"]: store["clips"] for store in index["stores"]} == {
            mode: clips for mode, (clips, _) in modes.items()
        }
    paths = list(host.counts)
    first = [next(place for place, path in enumerate(paths) if f"0{number}.tar" in path) for number in range(10)]
    assert first == sorted(first), "one shard after the other"
    assert build.make("-q", "datasets", "PROFILE=full", "CLEANUP_ARCHIVES=1", "CLEANUP_INTERMEDIATE=1").returncode == 0


def test_audioset_comes_as_tables_where_no_tar_is_available(host, prepare):
    build = prepare(tables=True, audioset_clips=4)
    build.made("convert-noise_audioset_7", "PROFILE=full")
    fetched = read_json(build.data / "datasets/noise_audioset_7/archive/fetched.json")
    assert [entry["file"] for entry in fetched] == ["07.parquet", "17.parquet", "27.parquet", "37.parquet"]
    names = {Path(entry["path"]).stem.rsplit("-", 1)[-1] for entry in build.index("noise_audioset_7")["files"]}
    assert len(names) == 4


def test_rooms_come_from_their_origin_where_the_mirror_does_not_answer(host, prepare):
    build = prepare()
    del host.files["/hub/api/datasets/davidscripka/MIT_environmental_impulse_responses/tree/main/16khz"]
    build.made("convert-rooms_mit", "PROFILE=small")
    assert [entry["file"] for entry in read_json(build.data / "datasets/rooms_mit/archive/fetched.json")] == [
        "Audio.zip"
    ]
    by_origin = {entry["group"]: entry["split"] for entry in build.index("rooms_mit")["files"]}
    from scripts.datasets.splits import place

    assert by_origin == {
        group: place("rooms_mit", f"MIT-16khz/16khz/{group}.wav", "rooms").split for group in by_origin
    }


@pytest.fixture
def without_package_managers(tmp_path) -> str:
    """A PATH of all that is on this one but apt-get and npm."""
    tools = tmp_path / "tools"
    tools.mkdir()
    on_path = {tool.name: tool for folder in reversed(os.environ["PATH"].split(":")) for tool in Path(folder).glob("*")}
    for name in on_path.keys() - {"apt-get", "npm", "dpkg", "dpkg-deb"}:
        (tools / name).symlink_to(on_path[name])
    return str(tools)


def test_without_apt_get_and_npm_a_debian_package_comes_from_the_pool_or_else_the_snapshot(
    host, prepare, without_package_managers
):
    """The table's own row, of which the pool has nothing any more the second time."""
    build = prepare()
    package = deb_bytes(("./usr/share/bucklespring-data/wav/01-0.wav", sound("key", "WAV")))
    place = "pool/main/b/bucklespring/bucklespring-data_1.4.0-2_all.deb"
    host.files |= {f"/debian/{place}": package, f"/snapshot/{place}": package}
    build.environment |= {
        "PATH": without_package_managers,
        "DEBIAN": f"{host.url}/debian",
        "SNAPSHOT": f"{host.url}/snapshot",
        "noise_keyboard_SHA256": hashlib.sha256(package).hexdigest(),
    }
    for source in ("debian", "snapshot"):
        shutil.rmtree(build.data / "datasets/noise_keyboard")
        build.made("extract-noise_keyboard")
        [entry] = read_json(build.data / "datasets/noise_keyboard/raw/fetched.json")
        assert entry["pinned"] and entry["source"] == f"{host.url}/{source}/{place}"
        assert (
            build.data / "datasets/noise_keyboard/raw/bucklespring-data/usr/share/bucklespring-data/wav/01-0.wav"
        ).exists()
        host.files.pop(f"/debian/{place}", None)
    assert host.counts == {f"/debian/{place}": 2, f"/snapshot/{place}": 1}


def test_a_failure_is_one_sentence_and_earlier_datasets_stay(host, prepare):
    build = prepare()
    environment = dict(build.environment)
    build.environment["negative_dinner_party_SHA256"] = "0" * 64
    ran = build.make("datasets", "PROFILE=small")
    assert ran.returncode == 2 and "negative_dinner_party" in ran.stderr and "wrong checksum" in ran.stderr
    assert not (build.data / "datasets/negative_dinner_party/archive").exists()
    build.environment = environment
    host.requests.clear()
    build.made("datasets", "PROFILE=small")
    assert {path.rpartition("/")[2] for path in host.counts} == {"dinner_party.zip", "dinner_party_eval.zip"}


def test_offline_names_every_missing_file_of_the_profile(host, prepare):
    build = prepare()
    ran = build.make("-k", "datasets", "PROFILE=small", "OFFLINE=1")
    for name in (
        "Audio.zip",
        "MIT_environmental_impulse_responses-16khz.tar",
        "fma_xs.zip",
        "00.parquet",
        "dinner_party.zip",
        "dinner_party_eval.zip",
    ):
        assert f" {name} (from https://" in ran.stderr
    assert host.requests == [] and str(build.data / "by_hand") in ran.stderr
    (build.data / "by_hand").mkdir()
    for path, content in host.files.items():
        if path.endswith(("Audio.zip", "fma_xs.zip", "00.parquet", "dinner_party.zip", "dinner_party_eval.zip")):
            (build.data / "by_hand" / path.rpartition("/")[2]).write_bytes(content)
    build.made("datasets", "PROFILE=small", "OFFLINE=1")
    assert host.requests == []


def test_too_little_disk_space_for_the_profile_is_an_error_before_its_first_byte(host, prepare):
    build = prepare()
    build.environment |= {"negative_dinner_party_DISK_MB": "999999999"}
    ran = build.make("datasets", "PROFILE=small")
    assert ran.returncode == 2 and "MB are needed" in ran.stderr and host.requests == []
    build.made("download-rooms_mit", "PROFILE=small")


def test_two_makes_at_once_share_the_work(host, prepare):
    build = prepare()
    host.requests.clear()
    with ThreadPoolExecutor(2) as both:
        logs = list(both.map(lambda _: build.made("datasets", "PROFILE=small"), range(2)))
    assert sum("Nothing to be done for 'datasets'" in log for log in logs) == 1, (
        "one waits for the other (scripts/make/alone.mk)"
    )
    assert len(build.index("music_fma_xs")["files"]) == 8 and len(build.index("noise_audioset_few")["files"]) == 6
    archives = [path for path, _ in host.requests if path.endswith((".zip", ".parquet"))]
    assert len(archives) == len(set(archives)) == 4, "each is fetched once"
    assert build.make("-q", "datasets", "PROFILE=small").returncode == 0
