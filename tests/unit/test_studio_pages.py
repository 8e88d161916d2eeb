"""The studio's answers: advice, people, estimates, results, files for devices, and who may ask for them."""

import io
import json
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_live_server import ask

from scripts.core.files import read_json, write_json
from scripts.live.clips import keep_clip
from scripts.live.published import find_published
from scripts.studio.app import Studio, is_model_file, make_app
from scripts.studio.builds import PRESETS, Builds
from scripts.studio.estimates import estimate_mb, estimate_s, estimate_stage_s, measure_pace, read_headlines
from scripts.studio.install import OWN, READY, pack, write_yaml
from scripts.studio.people import list_people
from scripts.studio.results import count_recordings, describe_figures, list_clips, list_models

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(alexa_data, tmp_path):
    return shutil.copytree(alexa_data, tmp_path / "data", symlinks=True)


@pytest.fixture
def serving(serve, data):
    """serving(host): a studio whose make refuses everything."""
    return lambda *where: serve(make_app(Studio(data, Builds(data, ["false"]))), *where, open_paths=is_model_file)


def test_every_language_has_people_with_names():
    for language in ("en", "en-gb", "de", "es", "tr"):
        people = list_people(language)
        assert 2 <= len(people) <= 4 and len({person.name for person in people}) == len(
            {person.key for person in people}
        )
    assert len({person.voice for person in list_people("en")}) == 3


def test_a_phrase_is_advised_without_datasets_and_spoken_by_espeak(serving):
    server = serving()
    status, _, reply = ask(server, "GET", "/advice.json?phrase=hallo%20007&language=de", origin=None)
    about = json.loads(reply)
    assert status == 200 and about["text"] == "hallo null null sieben" and about["refusals"] == []
    status, headers, wav = ask(server, "POST", "/speak?phrase=hallo&language=de&who=f2")
    assert status == 200 and headers["Content-Type"] == "audio/wav" and wav[:4] == b"RIFF" and len(wav) > 8000
    status, _, reply = ask(server, "POST", "/speak?phrase=hello&language=en&who=joe")
    assert status == 400 and "a first training fetches them" in json.loads(reply)["error"]


@pytest.mark.parametrize(
    "query",
    [
        "phrase=&language=en",
        f"phrase={'a' * 101}&language=en",
        "phrase=a%0ab&language=en",
        "phrase=a&language=xx",
        "phrase=%24(shell%20id)&language=en",
        "",
    ],
)
def test_what_is_no_phrase_is_refused(serving, query):
    server = serving()
    assert ask(server, "GET", f"/advice.json?{query}", origin=None)[0] == 400
    assert ask(server, "POST", f"/add?{query}&preset=default")[0] == 400


def test_a_foreign_page_can_start_nothing(serving, data):
    server = serving()
    for path in (
        "/add?phrase=a&language=en&preset=default",
        "/stop?id=1",
        "/remove?id=1",
        "/speak?phrase=a&language=en&who=joe",
    ):
        assert ask(server, "POST", path, origin="http://evil.example")[0] == 403
        assert ask(server, "GET", path)[0] in (404, 405)
    assert ask(server, "GET", "/builds.json", host="evil.example")[0] == 403
    assert not (data / "studio").exists()


def test_beyond_loopback_only_models_need_no_token(serving):
    server = serving("0.0.0.0")
    for path in ("/alexa.json", "/alexa.tflite"):
        assert ask(server, "GET", path, origin=None)[0] == 200
        assert ask(server, "GET", path, origin=None, host="evil.example")[0] == 403
        assert ask(server, "POST", path)[0] == 404
    for path in (
        "/",
        "/builds.json",
        "/advice.json?phrase=a&language=en",
        "/result/alexa",
        "/try/alexa/model.json",
        "/static/ask.js",
    ):
        assert ask(server, "GET", path, origin=None)[0] == 404, path
        assert ask(server, "GET", server.base[:-1] + path, origin=None)[0] == 200, path
    assert (
        f"http://{server.name}:{server.port}/alexa.json"
        in ask(server, "GET", f"{server.base}install/alexa")[2].decode()
    )


def test_the_address_of_a_model_gives_the_newest(serving, data):
    server = serving()
    published = find_published(data, "alexa")
    manifest = json.loads(ask(server, "GET", "/alexa.json", origin=None)[2])
    assert manifest["wake_word"] == "Alexa"
    assert ask(server, "GET", f"/{manifest['model']}", origin=None)[2] == published.model.read_bytes()
    for wrong in (
        "/none.json",
        "/..%2falexa.json",
        "/alexa.txt",
        "/result/..",
        "/install/none",
        "/try/none/",
        "/result/alexa/clips/0.mp3",
    ):
        assert ask(server, "GET", wrong, origin=None)[0] == 404, wrong


def test_the_configurations_are_those_of_the_page_on_devices(data):
    published = find_published(data, "alexa")
    blocks = re.findall(r"^( *)```yaml\n(.*?)^ *```", (ROOT / "docs/devices.md").read_text(), re.DOTALL | re.MULTILINE)
    plain = ["".join(line.removeprefix(indent) for line in block.splitlines(True)) for indent, block in blocks[:2]]
    for name, documented in zip((READY, OWN), plain):
        ours = write_yaml(name, published, 0.835)
        assert ours.count("probability_cutoff: 83.5%") == 1
        assert ours.replace("      probability_cutoff: 83.5%\n", "") == documented.replace("hey_buster", "alexa")
        assert "model: http://here:1/alexa.json\n" in write_yaml(name, published, 0.9, "http://here:1/alexa.json")


@pytest.mark.skipif(not shutil.which("esphome"), reason="esphome is not installed here: pip install esphome")
@pytest.mark.parametrize("place", ["a file", "an address"])
def test_esphome_accepts_the_configuration(data, serving, tmp_path, place):
    published = find_published(data, "alexa")
    for path in (published.directory / "alexa.json", published.model):
        shutil.copy2(path, tmp_path)
    address = serving().url + "alexa.json" if place == "an address" else ""
    (tmp_path / "secrets.yaml").write_text("wifi_ssid: here\nwifi_password: not a secret\n")
    (tmp_path / "board.yaml").write_text(write_yaml(OWN, published, 0.835, address))
    ran = subprocess.run(["esphome", "config", "board.yaml"], cwd=tmp_path, capture_output=True, text=True)
    assert ran.returncode == 0 and "probability_cutoff: 0.835" in ran.stdout, ran.stdout + ran.stderr


def test_the_zip_has_both_files_and_the_configurations(data):
    published = find_published(data, "alexa")
    archive = zipfile.ZipFile(io.BytesIO(pack(published, 0.9)))
    assert archive.namelist() == ["alexa.json", "alexa.tflite", READY, OWN] and archive.testzip() is None
    assert archive.read("alexa.tflite") == published.model.read_bytes()


def test_people_are_spoken_of_by_their_recordings(data, tmp_path, espeak_says):
    (model,) = list_models(data, "alexa")
    recordings = tmp_path / "recordings"
    assert count_recordings(model, recordings) == (0, 0)
    keep_clip(recordings, "positive", espeak_says("alexa", "en-us+m3"))
    keep_clip(recordings, "positive", np.zeros(16_000, np.float32))
    assert count_recordings(model, recordings) == (1, 2)
    assert dict(describe_figures(model, (1, 2)))["Your recordings"] == "1 of 2"


def test_models_stand_side_by_side_and_a_damaged_one_says_so(data, serving):
    older = data / "output" / "20250101-000000-alexa-1-1"
    shutil.copytree(data / "output" / "20260101-000000-alexa-1-1", older)
    (older / "alexa.json").write_text("{}")
    models = list_models(data, "alexa")
    assert [model.newest for model in models] == [True, False] and "cannot be used" in models[1].wrong
    page = ask(serving(), "GET", "/result/alexa", origin=None)[2].decode()
    assert "side by side" in page and page.count('<th scope="col">') == 2


def test_a_damaged_model_in_use_ends_nothing(data, serving):
    server = serving()
    (data / "output" / "alexa" / "alexa.json").write_text("{}")
    status, _, reply = ask(server, "GET", "/result/alexa", origin=None)
    assert status == 500 and "alexa.json cannot be used" in json.loads(reply)["error"]
    assert ask(server, "GET", "/words", origin=None)[0] == 200


def test_clips_and_the_report_belong_to_the_model(report_page, published_model):
    (model,) = list_models(published_model, "hey_buster")
    assert "cannot be used" in model.wrong, "its manifest is not a whole one"
    build = read_json(published_model / "output" / "hey_buster" / "build.json")
    model = replace(model, digest=build["model_sha256"])
    work = published_model / "work" / "hey_buster"
    clips = list_clips(model, work)
    assert [clip["title"] for clip in clips] == ["Missed", "Woken by mistake", "Woken by a similar phrase"]
    assert "hey <booster>" in clips[0]["what"]
    assert list_clips(replace(model, digest="another"), work) == []


def test_time_and_disk_grow_with_the_settings(data):
    headlines = read_headlines(PLAN)
    assert headlines == [
        "environment: self-test",
        "voice_joe: download 60 MB",
        "common: features",
        "hey_buster: samples",
        "hey_buster: train",
    ]
    costs = [estimate_s(headlines, PRESETS[name], 1.0) for name in ("quick", "default", "thorough")]
    assert costs == sorted(costs) and costs[0] < costs[2] / 2
    assert estimate_s(headlines, {}, 2.0) == 2 * costs[1]
    assert estimate_mb(headlines, {}) == 600 + 2100 + 300 and estimate_mb(headlines[3:], PRESETS["thorough"]) == 2400
    assert estimate_stage_s("x: samples", {"SAMPLES": "8000", "NEGATIVE_SAMPLES": "8000"}) == pytest.approx(720)

    assert measure_pace(data) is None
    work = data / "work" / "alexa"
    work.mkdir(parents=True)
    (work / "samples.params").write_text("SAMPLES=1000\nNEGATIVE_SAMPLES=1000\n")
    (work / "times.jsonl").write_text(json.dumps({"stage": "samples", "seconds": 180.0}) + "\n")
    assert measure_pace(data) == pytest.approx(2.0)
    write_json(work / "times.jsonl", {})
    assert measure_pace(data) is None


PLAN = """mkdir -p data
echo "== environment: self-test"
python -m scripts.core.run_stage --title 'voice_joe: download 60 MB' --log x -m scripts.datasets.fetch
python -m scripts.core.run_stage --title 'common: features' --log x -m scripts.features.make_common
python -m scripts.core.run_stage --title 'hey_buster: samples' --log x -m scripts.samples.speak_word
python -m scripts.core.run_stage --title 'hey_buster: train' --log x -m scripts.model.train
"""
