"""Status: words, datasets and published models, and the disk they take."""

from scripts.core.files import write_json
from scripts.tools import status


def test_status_of_an_empty_directory(tmp_path, capsys):
    status.main(["--data", str(tmp_path / "nothing"), "--datasets", "voice_joe"])
    said = capsys.readouterr().out
    assert said.count("none yet") == 2 and "voice_joe  not here" in said
    assert not (tmp_path / "nothing").exists()


def test_status_tells_how_far_things_are(tmp_path):
    (tmp_path / "work/hey_buster").mkdir(parents=True)
    for stage in ("samples", "features"):
        (tmp_path / "work/hey_buster" / f"{stage}.stamp").touch()
    (tmp_path / "datasets/joe/voice").mkdir(parents=True)
    (tmp_path / "datasets/joe/voice.stamp").write_bytes(b"12345")
    published = tmp_path / "output/20261122-120000-hey_buster-1-2"
    published.mkdir(parents=True)
    write_json(published / "build.json", {"title": "Hey Buster"})
    write_json(published / "metrics.json", {"testing": {"recall": 0.5}})
    (tmp_path / "output/hey_buster").symlink_to(published.name)
    (tmp_path / "output/20261122-130000-hey_buster-1-2.part").mkdir()
    assert status.words(tmp_path) == [("hey_buster", "samples, features", "0 bytes")]
    assert status.datasets(tmp_path, ["other"]) == [("other", "not here", "0 bytes"), ("joe", "ready", "5 bytes")]
    assert status.models(tmp_path) == [
        (published.name, "Hey Buster", "recall 50.0 %", "false accepts per hour not measured", "newest")
    ]


def test_sizes_do_not_follow_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(bytes(100))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to(tmp_path / "real")
    assert status.tree_size(tmp_path / "real") == 100 and status.tree_size(tmp_path / "tree") < 100
