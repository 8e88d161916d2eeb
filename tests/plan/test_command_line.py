"""What may be typed: odd words, wrong settings, the file of words, help, the cleaners."""

import os
import re
import shutil

import pytest


@pytest.mark.parametrize(
    "word, slug",
    [
        ("it's", "it_s"),
        ('say "cheese"', "say_cheese"),
        ("../../etc/passwd", "etc_passwd"),
        ("-n", "n"),
        ("  two  spaces ", "two_spaces"),
        ("café olé", "caf_ol"),
        ("a;b|c&d>e", "a_b_c_d_e"),
        ("back\\slash\\", "back_slash"),
        ("50% #1", "50_1"),
        ("a,b)c(d", "a_b_c_d"),
        ("`id`", "id"),
        ("x~y: z", "x_y_z"),
        ("*?[a]~", "a"),
        ("HEY Buster", "hey_buster"),
        ("!!", None),
        ("日本語", None),
        ("...", None),
    ],
)
def test_odd_words(fresh, word, slug):
    if slug is None:
        assert "no letter a-z and no digit" in fresh.refused("samples", word=word)
        assert not (fresh.root / "data").exists()
        return
    fresh.built("samples", word=word)
    assert [path.name for path in (fresh.root / "data/work").iterdir()] == [slug]
    assert (fresh.root / f"data/work/{slug}/samples/made").read_text().splitlines()[1] == word.strip()
    assert fresh.plan("samples", word=word) == set()


@pytest.mark.parametrize(
    "word, says",
    [("hey привет", "cyrillic small letter pe"), ("a = b", "equals sign"), ("hey 1/2", "write it in words")],
)
def test_what_no_voice_reads_is_refused_before_anything_is_made(fresh, word, says):
    assert says in fresh.refused("train", word=word)
    assert not (fresh.root / "data").exists()
    fresh.built("-n", "train", word="hey buster 2,5")


def test_what_is_written_out_is_redone_when_the_rules_change_and_nothing_else_is(fresh):
    stamps = {}
    for word in ("hey buster.", "Hey Siri", "café olé", "HAL 9000", "R&D"):
        fresh.built("samples", word=word)
        (params,) = (fresh.root / "data/work").glob("*/samples.params")
        stamps[word] = "SPELLING_VERSION=1" in params.read_text()
        shutil.rmtree(fresh.root / "data/work")
    assert stamps == {"hey buster.": False, "Hey Siri": False, "café olé": False, "HAL 9000": True, "R&D": True}


@pytest.mark.parametrize("word", ["$(shell touch owned)", "$$(touch owned)", "a$b", "${HOME}", "two\nlines"])
def test_words_that_make_would_read_as_its_own_are_refused(fresh, word):
    assert re.search("holds a (dollar sign|line break)", fresh.refused("samples", word=word))
    assert not (fresh.root / "owned").exists() and not (fresh.root / "data").exists()


@pytest.mark.parametrize(
    "target",
    ["sample", "samples", "features", "train", "evaluate", "summary", "verify", "detect", "listen", "try", "judge"],
)
def test_without_a_word_the_line_to_type_is_shown(fresh, target):
    assert f'make {target} WORD="hey buster."' in fresh.refused(target, word=None)


def test_without_a_word_the_trained_ones_are_named(fresh):
    output = fresh.root / "data/output"
    (output / "20260101-000000-hey_you-1-1").mkdir(parents=True)
    (output / "hey_you").symlink_to("20260101-000000-hey_you-1-1")
    assert 'Trained are: hey_you. Type: make try WORD="hey_you"' in fresh.refused("try", word=None)
    assert "Trained" not in fresh.refused("train", word=None)


@pytest.mark.parametrize("target", ["status", "licences"])
def test_looking_around_installs_nothing(with_environment, target):
    plan = with_environment.make("-n", target, word=None).stdout
    assert "scripts.environment.install" not in plan and re.search(r"python3(\.\d+)? -m scripts\.", plan)


@pytest.mark.parametrize(
    "typed, answer",
    [
        ("SAMPELS=3", "did you mean SAMPLES?"),
        ("samples=3", "did you mean SAMPLES?"),
        ("STEPS=3", "did you mean"),
        ("WROD=x", "did you mean WORD?"),
        ("SAMPLES=abc", "is not a whole number"),
        ("SAMPLES=", "is empty"),
        ("SAMPLES=1.5", "is not a whole number"),
        ("JOBS=-1", "is not a whole number"),
        ("TRAINING_STEPS=0", "may be from 1 to 1000000"),
        ("SEED=x", "is not a whole number"),
        ("GPU=perhaps", "auto on off"),
        ("PROFILE=huge", "starter"),
        ("TRAINER=other", "dense"),
        ("FORMAT=xml", "text json"),
        ("PORT=http", "is not a whole number"),
        ("WAV=$(shell touch owned)", "dollar sign"),
        ("CUTOFF=$x", "dollar sign"),
        ("CLEANUP_WORK=yes", "0 1"),
        ("OFFLINE=yes", "0 1"),
        ("DATA_DIR=", "is empty"),
        ("DATA_DIR=my data", "holds a space"),
        ("DATA_DIR=a:b", "holds a :"),
        ("VOICES=$(shell touch owned)", "dollar sign"),
        ("TITLE=$x", "dollar sign"),
    ],
)
def test_a_wrong_setting_is_answered_with_a_sentence(fresh, typed, answer):
    assert answer in fresh.refused("-n", "train", typed)
    assert not (fresh.root / "owned").exists()


def test_seed_may_be_zero(fresh):
    assert "--seed 0" in fresh.built("-n", "samples", "SEED=0")


def test_what_is_typed_reaches_the_stages(fresh):
    fresh.built("train", 'TITLE=It\'s "me"', "VOICES=espeak:60  piper:40")
    command, word, title = (fresh.root / "data/output/hey_buster/made").read_text().splitlines()
    assert (word, title) == ("hey buster.", 'It\'s "me"')
    assert "--option VOICES=espeak:60  piper:40 " in command and "DATA_DIR" not in command


def test_own_defaults(fresh):
    (fresh.root / "config.local.mk").write_text("SAMPLES = 7\nWORD = computer\n")
    assert fresh.built("-s", "print-SAMPLES", "print-SLUG", word=None).splitlines() == ["SAMPLES=7", "SLUG=computer"]
    assert fresh.built("-s", "print-SAMPLES", "SAMPLES=8", word=None) == "SAMPLES=8\n"
    (fresh.root / "config.local.mk").write_text("SAMPELS = 7\n")
    assert "SAMPELS (config.local.mk) is not a setting: did you mean SAMPLES?" in fresh.refused("help")


@pytest.mark.parametrize(
    "old, new", [("STRANGERS", "HELDOUT_VOICES"), ("START", "INIT"), ("BEGINNING_STEPS", "PRETRAIN_STEPS")]
)
def test_an_old_name_is_answered_with_the_new_one(fresh, old, new):
    answer = f"is now called {new}: write {new}=flite."
    assert f"{old} (command line) {answer}" in fresh.refused("-n", "train", f"{old}=flite")
    assert f"is now called {new}" in fresh.refused(f"help-{old}", word=None)
    (fresh.root / "config.local.mk").write_text(f"{old} = flite\n")
    assert f"{old} (config.local.mk) {answer}" in fresh.refused("-n", "train")
    assert f"is now called {new}" in fresh.make("-n", "train", **{old: "other"}).stderr


def test_an_old_name_in_the_environment_is_an_error_unless_other_programs_have_it_too(fresh):
    ran = fresh.make("-n", "train", STRANGERS="flite")
    assert ran.returncode == 2 and "STRANGERS (environment) is now called HELDOUT_VOICES" in ran.stderr
    assert "--init embedding" in fresh.built("-n", "train", START="official")


def test_a_setting_that_is_gone_may_be_left_out(fresh):
    assert "BATCH_SIZE (command line) is no longer a setting: leave it out." in fresh.refused("train", "BATCH_SIZE=9")


def test_the_environment_sets_no_setting(fresh):
    assert fresh.built("-s", "print-SAMPLES", word=None, SAMPLES="3") == "SAMPLES=2000\n"


# ---- many words


def test_a_file_of_words(fresh):
    (fresh.root / "my words.txt").write_text('# mine\n\n  hey buster.\nbad luck\na$b\n\tit\'s "me"  \r\nlast')
    ran = fresh.make("words", "WORDS=my words.txt", word=None)
    assert ran.returncode == 2
    assert [line for line in ran.stdout.splitlines() if line.startswith(("trained", "failed"))] == [
        "trained: hey buster.",
        'trained: it\'s "me"',
        "trained: last",
        "failed:  bad luck",
        "failed:  a$b",
    ]
    assert {path.name for path in (fresh.root / "data/output").iterdir()} == {"hey_buster", "it_s_me", "last"}


def test_a_file_of_words_that_all_succeed(fresh):
    (fresh.root / "words.txt").write_text("one\ntwo\n")
    before = fresh.times()
    planned = fresh.built("-n", "words", word=None)
    assert planned.count("-m scripts.model.train") == 2 and "trained:" not in planned
    assert fresh.times() == before
    fresh.built("-j4", "words", word=None)
    assert sum("scripts.samples.speak_common" in line for line in fresh.log()) == 2  # one start, one end
    fresh.built("words", word=None)
    assert fresh.log() == []


def test_one_title_for_many_words_is_refused(fresh):
    (fresh.root / "words.txt").write_text("one\ntwo\n")
    assert "names one word" in fresh.refused("words", "TITLE=One", word=None)


@pytest.mark.parametrize("text", [None, "# none\n\n"])
def test_a_file_without_words(fresh, text):
    if text is not None:
        (fresh.root / "words.txt").write_text(text)
    assert ("write a file with one word a line" if text is None else "holds no word") in fresh.refused(
        "words", word=None
    )


# ---- help


def test_help_lists_every_target_and_every_setting_with_its_value(fresh):
    said = fresh.built("SAMPLES=77", word=None)
    makefile = "".join(
        (fresh.root / name).read_text()
        for name in ("Makefile", "scripts/environment/environment.mk", "scripts/cluster/cluster.mk", "docker/docker.mk")
    )
    targets = set(
        re.sub(
            r"\$\S+|\\", "", " ".join(re.findall(r"^(?:\.PHONY|CLEANERS) *:=? *(.*)", makefile, re.MULTILINE))
        ).split()
    )
    assert {
        "help",
        "venv",
        "doctor",
        "datasets",
        "sample",
        "samples",
        "features",
        "train",
        "evaluate",
        "summary",
        "status",
        "words",
        "test",
        "lock",
        "licences",
        "clean-work",
        "clean-archives",
        "clean-intermediate",
        "clean-datasets",
        "clean-venv",
        "distclean",
    } <= targets
    for target in targets:
        assert re.search(rf"^  {target} ", said, re.MULTILINE), target
    assert all(name in said for name in ("download-NAME", "extract-NAME", "convert-NAME", "print-VAR", "music_hold"))
    settings = re.findall(r"^([A-Z_]+) *=", (fresh.root / "config.mk").read_text(), re.MULTILINE)
    assert settings == fresh.built("-s", "print-SETTINGS", word=None).strip().partition("=")[2].split()
    for setting in settings:
        assert re.search(rf"^  {setting}=.*?\s\s?\S|^  {setting}=.*\n {{30}}", said, re.MULTILINE), setting
    assert re.search(r"^  SAMPLES=77 +How many", said, re.MULTILINE)
    everyday, *groups = re.split(r"\n\n(?=\S.*\n  [A-Z_]+=)", said)[1:]
    assert everyday.startswith("Everyday settings") and len(re.findall(r"^  [A-Z_]+=", everyday, re.MULTILINE)) == 10
    assert [group.partition("\n")[0] for group in groups] == re.findall(
        r"^##@ (.*)", (fresh.root / "config.mk").read_text(), re.MULTILINE
    )


def test_help_for_one_setting_shows_its_cost(fresh):
    settings = fresh.built("-s", "print-SETTINGS", word=None).strip().partition("=")[2].split()
    said = fresh.built("-s", *(f"help-{setting}" for setting in settings), "SAMPLES=77")
    assert "SAMPLES=77   (default: SAMPLES=2000)\n\n  How many times the word is spoken.\n" in said
    assert said.count("\n  - Time: ") == said.count("\n  - Quality: ") == len(settings)
    sections = re.findall(r"^## (.*)", (fresh.root / "docs/SETTINGS.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(settings)
    assert "did you mean 'make help-SAMPLES'?" in fresh.refused("help-samples")


# ---- cleaners


def test_a_cleaner_takes_what_it_says_and_never_a_published_model(trained):
    data = trained.root / "data"
    trained.built("samples", word="computer")
    trained.built("clean-work", word="computer")
    assert not (data / "work/computer").exists() and trained.plan("train") == set()
    trained.built("clean-work", word=None)
    assert not (data / "work").exists() and not (data / "common").exists()
    assert (data / "output/hey_buster/made").exists() and (data / "datasets").exists()
    trained.built("clean-datasets", word=None)
    assert not (data / "datasets").exists()
    trained.built("distclean", word=None)
    assert [path.name for path in data.iterdir()] == ["output"]


def test_a_word_that_is_only_the_default_does_not_narrow_clean_work(trained):
    (trained.root / "config.local.mk").write_text("WORD = computer\n")
    trained.built("clean-work", word=None)
    assert not (trained.root / "data/work").exists()


def test_cleaners_go_by_themselves(trained):
    assert "by themselves" in trained.refused("clean-work", "train")
    assert trained.plan("train") == set()


def test_a_limit_on_threads_does_not_limit_processes(fresh):
    assert fresh.built("-n", "samples", OMP_NUM_THREADS="1") == fresh.built("-n", "samples")
    assert f"--jobs {len(os.sched_getaffinity(0))} " in fresh.built("-n", "samples", OMP_NUM_THREADS="1")
