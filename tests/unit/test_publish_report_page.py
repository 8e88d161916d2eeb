"""report.html: one complete file, the same bytes for the same model, with unknown figures marked as such."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from scripts.core.files import read_json, write_json
from scripts.publish import report, summary
from scripts.publish.report_page import find_clips, write_report


class Page(HTMLParser):
    """Every tag is closed, every id is there once; collects text and addresses."""

    EMPTY = {"meta", "link", "img", "input", "br", "hr"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open, self.ids, self.addresses, self.anchors, self.text, self.tags = [], [], [], [], "", []
        self.feed(html)
        assert not self.open and len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.tags.append((tag, values))
        self.ids += [values["id"]] if "id" in values else []
        (self.anchors if (href := values.get("href", "")).startswith("#") else self.addresses).extend(
            filter(None, [href, values.get("src")])
        )
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.EMPTY:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(report_page) -> Page:
    return Page(report_page.read_text(encoding="utf-8"))


def test_it_shows_the_figures_and_facts_of_the_model(page):
    text = " ".join(page.text.split())
    for words in (
        "Hey Buster",
        "spoken as “hey buster.”",
        "64 % of 100 clips",
        "3 in 9.0 h",
        "40.0 kB declared in the manifest; 26.8 kB measured",
        "model: hey_buster.json",
        "British English",
        "under 6 dB",
        "Voice: kokoro, for all clips",
        "Distance from the microphone: not recorded",
        "“hey <booster>”, missed",
        "1.3 m away in a room, other people talking, voice 14 dB above the noise",
        "cutoff of 0.41 or lower",
        "False accept 1",
        "speech in a room: speech_x/hello",
        "No sound: this clip no longer comes out",
        "confusable phrase 39",
        "3 min 03 s",
        "Not for commercial use",
        "CC-BY-NC-4.0",
        "synthetic",
        "The speech is 2.25 h of recordings",
        "from 2 recordings; 95 % interval",
        "the intervals take that into account. Of 200 clips of held-out voices it detects 71 %",
    ):
        assert words in text, words


def test_it_is_one_file_without_addresses(report_page, page):
    html = report_page.read_text(encoding="utf-8")
    assert all(address.startswith("data:") for address in page.addresses), page.addresses
    assert {anchor[1:] for anchor in page.anchors} <= set(page.ids)
    assert not re.search(r"""url\(|@import|fetch\(|XMLHttpRequest|https?://""", html)
    assert (
        "default-src 'none'" in html
        and html.count('src="data:audio/mpeg;base64,') == 3
        and html.count('src="data:image/png;base64,') == 4
    )


def test_every_picture_and_table_has_a_text(page):
    for tag, values in page.tags:
        if tag == "img":
            assert values["alt"]
        if tag == "svg":
            assert values.get("aria-label") or values.get("aria-hidden") == "true"
        if tag == "audio":
            assert values["aria-label"] and "controls" in values
    names = [tag for tag, _ in page.tags]
    assert names.count("table") == names.count("caption") and names.count("h1") == 1 and names.count("main") == 1


def test_the_same_model_gives_the_same_bytes(report_page, published_model):
    before = report_page.read_bytes()
    report.main(["--data", str(published_model), "--slug", "hey_buster"])
    assert report_page.read_bytes() == before and not list(report_page.parent.glob("*.part"))


def test_a_report_keeps_its_clips_when_the_work_is_gone(report_page, published_model, tmp_path, capsys):
    shutil.copytree(published_model / "output", tmp_path / "output", symlinks=True)
    before = report_page.read_bytes()
    report.main(["--data", str(tmp_path), "--slug", "hey_buster"])
    assert (
        tmp_path / "output/hey_buster/report.html"
    ).read_bytes() == before and "stays as it was made" in capsys.readouterr().out
    (tmp_path / "output/hey_buster/report.html").unlink()
    report.main(["--data", str(tmp_path), "--slug", "hey_buster"])
    assert "No clips were kept for this report" in (tmp_path / "output/hey_buster/report.html").read_text()
    assert "report: " in capsys.readouterr().out


def test_clips_of_another_model_are_not_shown(published_model, tmp_path):
    shutil.copytree(published_model / "work/hey_buster", tmp_path / "work")
    (tmp_path / "work/model/model.tflite").write_bytes(b"trained again")
    digest = read_json(published_model / "output/hey_buster/build.json")["model_sha256"]
    assert find_clips(published_model / "work/hey_buster", digest) and find_clips(tmp_path / "work", digest) is None


def test_figures_that_were_not_measured_are_marked(tmp_path):
    write_json(tmp_path / "metrics.json", {"probability_cutoff": 0.9, "sliding_window_size": 5})
    write_json(tmp_path / "build.json", {"word": "a </script> b", "title": "A", "slug": "a", "options": {}})
    write_json(tmp_path / "device.json", {})
    write_json(tmp_path / "a.json", {"micro": {"minimum_esphome_version": "2024.7.0"}})
    page = Page(write_report(tmp_path, "a", None).read_text(encoding="utf-8"))
    assert (
        "not measured" in page.text
        and "No curve was measured" in page.text
        and "spoken as “a </script> b”" in page.text
        and "It misses most test clips" not in page.text
    )
    write_json(
        tmp_path / "metrics.json", {"probability_cutoff": 0.9, "sliding_window_size": 5, "testing": {"recall": 0.2}}
    )
    assert "It misses most test clips" in write_report(tmp_path, "a", None).read_text(encoding="utf-8"), (
        "a warning before such a model is installed"
    )
    assert "it detects less than a quarter" in summary.summarise(tmp_path)


def test_a_missed_target_is_warned_of(published_model, tmp_path):
    shutil.copytree((published_model / "output/hey_buster").resolve(), tmp_path / "run")
    metrics = read_json(tmp_path / "run/metrics.json")
    for met in (True, False):
        write_json(tmp_path / "run/metrics.json", metrics | {"target_met": met})
        page = Page(write_report(tmp_path / "run", "hey_buster", None).read_text(encoding="utf-8"))
        assert (
            "The 7.00 h of validation sound do not show for any cutoff that it stays within 0.5 false accepts per hour"
            in page.text
        ) is not met
        assert ("no cutoff is shown to stay within 0.5" in summary.summarise(tmp_path / "run")) is not met


def test_a_word_without_a_published_model_is_reported_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match="make train"):
        report.main(["--data", str(tmp_path), "--slug", "hey_buster"])


def test_the_slider_knows_every_cutoff(report_page):
    data = json.loads(re.search(r'id="points">(.*?)</script>', report_page.read_text(encoding="utf-8"), re.DOTALL)[1])
    assert len(data["points"]) == 99 and data["points"][data["chosen"]]["cutoff"] == 0.9
    chosen = data["points"][data["chosen"]]
    assert chosen["x1"] <= chosen["x"] <= chosen["x2"] and chosen["y1"] <= chosen["y"] <= chosen["y2"]
    assert chosen["recall_interval"] == read_json(report_page.with_name("metrics.json"))["testing"]["recall_interval"]


def test_report_and_summary_tell_what_own_recordings_changed(published_model, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(published_model, data, symlinks=True)
    directory = (data / "output/hey_buster").resolve()
    counted = {"detected": 4, "n": 6, "recall": 0.67, "interval": [0.3, 0.9]}
    home = {"false_accepts": 1, "hours": 0.5, "interval": [0.1, 11.1]}
    comparison = {
        "control": "20261121-120000-hey_buster-300-200",
        "people": [{"person": "<Anna>", "trained": 12, "before": {**counted, "detected": 1}, "now": counted}],
        "negative": None,
        "home": {"before": {**home, "false_accepts": 3}, "now": home},
        "home_sets_cutoff": True,
        "synthetic": {},
        "refused": "",
    }
    write_json(directory / "comparison.json", comparison)
    metrics = read_json(directory / "metrics.json")
    write_json(directory / "metrics.json", {**metrics, "home": {"curve": metrics["validation"]["curve"]}})
    html = write_report(directory, "hey_buster", None).read_text()
    text, told = " ".join(Page(html).text.split()), summary.summarise(directory)
    for who, what in (
        ("<Anna>", "detects 4 of 6 (30 % to 90 %), before 1; 12 others trained"),
        ("your home", "1 false accept in 0.50 h (0.10 to 11.10 per hour), before 3; it helped to set the cutoff"),
    ):
        assert f"{who} {what}" in " ".join(told.split()) and who in text and what in text
    assert "No person was recorded" not in text and "your home, part of validation" in text
    assert html.count("<polyline") == 3 and "<Anna>" not in html
