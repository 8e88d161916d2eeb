"""The phrase is said as voices read it, or as PRONUNCIATION has it, and what is called is no sample of it."""

import pytest

from scripts.samples import phrases
from scripts.samples.arguments import phrases_from_environment
from scripts.samples.dictionary import Dictionary
from scripts.samples.kinds import CALLED, POSITIVE, REJECTED
from scripts.samples.requests import Planner
from scripts.samples.word_requests import (
    CALLED_SHARE,
    WordTexts,
    find_texts,
    make_positive_scripts,
    pin_pronunciations,
    plan_word,
    punctuate,
    refuse_rejected_word,
    vary_spellings,
)


class Computer(Dictionary):
    """Knows one word."""

    words = {"computer": tuple("kəmpjuTəɹ")}

    def pronounce(self, text):
        return {"us": text.replace("computer", "kəmpjˈuTəɹ"), "gb": text.replace("computer", "kəmpjˈuːtə")}


class Anna:
    """One speaker of training, and one of each other split."""

    name, clips_per_rendering = "anna", 1

    def speakers(self, split):
        return [split]


def texts(pinned=(), called=()):
    return WordTexts(["computer.", "computer?"], [], [], list(called), list(pinned))


def test_a_pronunciation_is_pinned_in_english_alone():
    assert pin_pronunciations("", "de", Computer()) == []
    assert pin_pronunciations("/kɒmˈpjuːtɑː/", "en", Computer()) == ["kɒmpjˈutɑ"]
    assert pin_pronunciations("computer", "en-gb", Computer()) == ["kəmpjˈuTəɹ", "kəmpjˈuːtə"]
    with pytest.raises(SystemExit, match="for English alone"):
        pin_pronunciations("/kɔm/", "de", Computer())


def test_what_is_no_pronunciation_is_said():
    with pytest.raises(SystemExit, match="PRONUNCIATION='/k@/': '@' in /k@/.*without slashes"):
        pin_pronunciations("/k@/", "en", Computer())


def test_no_voice_reads_the_spelling_of_a_pinned_pronunciation():
    scripts = make_positive_scripts(texts(pinned=["kəmpjˈuTəɹ", "kɒmpjˈutɑ"]), Computer())
    assert {script.pronunciation for script in scripts} == {
        "kəmpjˈuTəɹ.",
        "kɒmpjˈutɑ.",
        "kəmpjˈuTəɹ?",
        "kɒmpjˈutɑ?",
    }


def test_without_one_everything_is_said_as_voices_read_it():
    assert [script.pronunciation for script in make_positive_scripts(texts(), Computer())] == ["", ""]


def test_a_pronunciation_keeps_pauses_and_ends():
    assert punctuate("hey... buster?", "hˈA bˈʌstə") == "hˈA... bˈʌstə?"
    assert punctuate("of the sea!", "əvðə sˈi") == "əvðə sˈi!"


def test_called_phrases_are_for_training_alone_and_have_label_0():
    planner = Planner({"anna": Anna()}, {"anna": 1.0}, 1)
    requests = plan_word(texts(called=["Tahiti"]), Computer(), 100, 100, planner, Planner({}, {}, 1))
    called = [request for request in requests if request.kind == CALLED]
    assert sum(request.clips for request in called) == round(100 * CALLED_SHARE)
    assert {(request.split, request.label, request.script.text.strip(".,!?")) for request in called} == {
        ("training", 0, "Tahiti")
    }


def test_all_spellings_share_equally():
    texts = vary_spellings(["computer.", "hey computer", "my own computer"])
    for part in ("hey", "my"):
        assert sum(part in text for text in texts) * 3 == len(texts)


def test_negative_phrases_are_spoken_in_every_split_and_are_no_positives():
    said = WordTexts(["computer."], [], [], [], rejected=["a lobster"])
    requests = plan_word(said, Computer(), 200, 100, Planner({"anna": Anna()}, {"anna": 1}, 1), Planner({}, {}, 1))
    rejected = [request for request in requests if request.kind == REJECTED]
    assert {request.split for request in rejected} == {"training", "validation", "testing"}
    assert all("lobster" in request.script.text and request.label == 0 for request in rejected)
    assert not any("lobster" in request.script.text for request in requests if request.kind == POSITIVE)


def test_a_negative_phrase_that_sounds_like_the_word_is_refused():
    refuse_rejected_word(["a lobster"], ["computer."], Computer())
    with pytest.raises(SystemExit, match="NEGATIVE_PHRASES: 'computer!' sounds like 'computer.'"):
        refuse_rejected_word(["computer!"], ["computer."], Computer())


def test_phrases_are_separated_by_commas_or_stand_in_a_file(monkeypatch, tmp_path):
    monkeypatch.setenv("NEGATIVE_PHRASES", "hey mister,  a lobster, ,hey mister")
    assert phrases_from_environment("NEGATIVE_PHRASES") == ["hey mister", "a lobster"]
    (tmp_path / "phrases.txt").write_text("hey mister, who  # the neighbour\n\na lobster\n")
    monkeypatch.setenv("NEGATIVE_PHRASES", f"@{tmp_path}/phrases.txt")
    assert phrases_from_environment("NEGATIVE_PHRASES") == ["hey mister, who", "a lobster"]
    monkeypatch.setenv("NEGATIVE_PHRASES", f"@{tmp_path}/none.txt")
    with pytest.raises(SystemExit, match="none.txt: the file cannot be read .No such file"):
        phrases_from_environment("NEGATIVE_PHRASES")


def test_a_negative_phrase_that_sounds_like_a_pinned_pronunciation_is_refused():
    with pytest.raises(SystemExit, match="NEGATIVE_PHRASES: 'computer!' sounds like PRONUNCIATION"):
        refuse_rejected_word(["computer!"], ["a lobster"], Computer(), ["kəmpjˈuTəɹ"])


def test_a_spelling_is_no_negative(monkeypatch):
    monkeypatch.setattr(phrases, "find_confusable_phrases", lambda *_: [(1.0, "computer"), (1.0, "lobster")])
    monkeypatch.setattr(phrases, "find_fragments", lambda *_: ["computer", "hey"])
    monkeypatch.setattr(phrases, "find_called_phrases", lambda *_: ["computer", "tahiti"])
    found = find_texts("hey computer.", Computer(), 60, 1, spellings=["computer"])
    assert (found.confusable, found.fragments, found.called) == ([(1.0, "lobster")], ["hey"], ["tahiti"])
    found = find_texts("hey computer.", Computer(), 60, 1)
    assert "computer" in found.fragments and "computer" in found.called and (1.0, "computer") in found.confusable
