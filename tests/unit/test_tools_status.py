"""Status: words, datasets and published models, and the disk they take."""

from scripts.core.files import write_json
from scripts.tools import status


def test_an_empty_directory_is_described_and_not_made(tmp_path, capsys):
    status.main(["--data", str(tmp_path / "nothing"), "--datasets", "voice_joe"])
    text = capsys.readouterr().out
    assert text.count("none yet") == 2 and "voice_joe  not here" in text and "nothing is built yet" in text
    assert not (tmp_path / "nothing").exists()


def test_words_datasets_and_models_are_listed_with_their_stages(tmp_path):
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
    assert status.list_words(tmp_path) == [("hey_buster", "samples, features", "0 bytes")]
    assert status.list_datasets(tmp_path, ["other"]) == [("other", "not here", "0 bytes"), ("joe", "ready", "5 bytes")]
    assert status.list_models(tmp_path) == [
        (published.name, "Hey Buster", "recall 50.0 %", "false accepts per hour not measured", "newest")
    ]


def test_sizes_do_not_follow_links(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/file").write_bytes(bytes(100))
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree/link").symlink_to(tmp_path / "real")
    assert status.measure_tree(tmp_path / "real") == 100 and status.measure_tree(tmp_path / "tree") < 100
