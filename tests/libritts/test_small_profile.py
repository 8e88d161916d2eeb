"""`make train PROFILE=small VOICES=libritts` from nothing to a published model, with all it fetches served on loopback.

The addresses are the real ones, led to a server on this machine; behind them are small archives of the same form and a
small random network saved as the reference saved its own. Of the starter data it has what costs nothing: simulated
rooms, and the package that English pronunciation is read from, which comes from DATA_DIR.
"""

import pytest
from loopback import Host
from reference import Build, borrow, serve
from test_libritts import write_generator

from scripts.core.files import read_json, read_jsonl, sha256

FEW = (
    "SAMPLES=72",
    "NEGATIVE_SAMPLES=72",
    "COMMON_SAMPLES=72",
    "TRAINING_STEPS=60",
    "PRETRAIN_STEPS=60",
    "TEACHERS=0",
    "JOBS=2",
)
COMMAND = ("train", "WORD=hey buster.", "PROFILE=small", "VOICES=libritts", *FEW)
PLACE, NAME = "rhasspy/piper-sample-generator/releases/download/v2.0.0", "en_US-libritts_r-medium.pt"


@pytest.fixture(scope="module")
def host():
    with Host() as host:
        yield host


@pytest.fixture(scope="module")
def build(host, tmp_path_factory) -> Build:
    """A make to which the small profile is a few seconds of sound, and the voice is the small network."""
    data, generator = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("generator")
    borrow(data, "voice_hibari")
    write_generator(generator, NAME)
    files = [generator / NAME, generator / f"{NAME}.json"]
    host.files |= {f"/github/{PLACE}/{path.name}": path.read_bytes() for path in files}
    environment = serve(host)
    return Build(
        data,
        environment
        | {
            "WAKEMAKE_MIRRORS": f"{environment['WAKEMAKE_MIRRORS']} https://github.com={host.url}/github",
            "starter_DATASETS": "voice_hibari rooms_simulated",
            "rooms_simulated_COUNT": "12",
            "voice_libritts_SHA256": " ".join(map(sha256, files)),
            "voice_libritts_BYTES": " ".join(str(path.stat().st_size) for path in files),
        },
    )


@pytest.fixture(scope="module")
def said(build) -> str:
    return build.made(*COMMAND)


@pytest.fixture(scope="module")
def published(build, said):
    return (build.data / "output/hey_buster").resolve(strict=True)


def test_a_model_is_published_that_the_device_accepts(published):
    measured = read_json(published / "device.json")
    assert measured["reasons"] == [] and measured["sha256"] == sha256(published / "hey_buster.tflite")
    assert (
        read_json(published / "hey_buster.json")["model"] == "hey_buster.tflite"
        and (published / "report.html").is_file()
    )


def test_the_network_speaks_every_sample_and_no_speaker_is_in_two_splits(build, published):
    people = {}
    for rows in (read_jsonl(build.data / folder / "samples/index.jsonl") for folder in ("work/hey_buster", "common")):
        assert {row["voice"] for row in rows if row["split"] == "stranger"} <= {"flite"}, (
            "held-out voices are not in training"
        )
        trained = [row for row in rows if row["split"] != "stranger"]
        assert {row["voice"] for row in trained} == {"libritts"}
        for row in trained:
            people.setdefault(row["split"], set()).update(row["speaker"].partition("@")[0].split("+"))
    assert len(people) == 3 and len(set.union(*people.values())) == sum(map(len, people.values()))


def test_it_is_judged_by_the_recorded_dinner_parties(published):
    metrics = read_json(published / "metrics.json")
    for split in ("validation", "testing"):
        assert metrics[split]["hours"] > 0 and metrics[split]["n_positive"] > 0
    assert "negative_dinner_party_eval" in metrics["testing"]["by_ambient"]


def test_the_provenance_lists_sources_and_noncommercial_licences(build, published, said):
    made = {entry["name"]: entry for entry in read_json(published / "build.json")["datasets"]}
    assert {
        "voice_libritts",
        "rooms_mit",
        "music_fma_xs",
        "noise_audioset_few",
        "negative_dinner_party",
        "negative_dinner_party_eval",
    } <= set(made)
    assert "negative_dinner_party" in said and "commercial" in said


def test_the_same_line_again_does_nothing_and_fetches_nothing(build, published, host):
    host.requests.clear()
    assert build.make("-q", *COMMAND).returncode == 0
    for cleaner in ("clean-archives", "clean-intermediate"):
        build.made(cleaner)
    assert build.make("-q", *COMMAND).returncode == 0 and host.requests == []
