"""MY_RECORDINGS: what it adds to the build, and what new recordings redo."""


def test_recordings_are_stages_of_their_own_and_new_ones_redo_training_alone(trained):
    folder = trained.root / "data/recordings/hey_buster/positive"
    folder.mkdir(parents=True)
    (folder / "one.wav").write_text("a")
    assert trained.plan("train") == set()
    added = {"word/recordings", "word/comparison"}
    redone = {f"word/{stage}" for stage in ("model", "export", "evaluation", "examples", "published")}
    assert trained.plan("train", "MY_RECORDINGS=on") == added | redone
    trained.built("train", "MY_RECORDINGS=on")
    assert trained.plan("train", "MY_RECORDINGS=on") == set()
    (folder / "one.wav").touch()
    (folder / ".DS_Store").write_text("what a file manager leaves")
    assert trained.plan("train", "MY_RECORDINGS=on") == set(), "the content counts, not the time"
    (folder / "two.wav").write_text("b")
    assert trained.plan("train", "MY_RECORDINGS=on") == added | redone


def test_stages_are_told_of_the_recordings(trained):
    trained.log()
    trained.built("train", "MY_RECORDINGS=on")
    lines = {line.split()[1]: line for line in (trained.root / "fake.log").read_text().splitlines()}
    assert {"scripts.recordings.make_features", "scripts.recordings.compare"} <= set(lines)
    made = (trained.root / "data/work/hey_buster/evaluation/made").read_text()
    assert "--negatives data/work/hey_buster/recordings" in made
    made = (trained.root / "data/output/hey_buster/made").read_text()
    assert "--comparison data/work/hey_buster/comparison/comparison.json" in made and "--force" not in made
    trained.built("train", "MY_RECORDINGS=on", "FORCE=1", "TITLE=Buster")
    assert "--force" in (trained.root / "data/output/hey_buster/made").read_text()


def test_the_reference_trainer_would_not_bound_their_share_and_is_refused(trained):
    said = trained.make("train", "MY_RECORDINGS=on", "TRAINER=microwakeword", "-n").stderr
    assert "MY_RECORDINGS=on needs TRAINER=dense: TRAINER=microwakeword would not bound their share" in said


def test_a_second_build_sees_the_recordings_and_what_was_published(trained):
    (trained.root / "data/recordings/hey_buster").mkdir(parents=True)
    planned = trained.make("-n", "verify", "MY_RECORDINGS=on").stdout
    assert "ln -s ../recordings data/verify/recordings" in planned
    assert "ln -s ../../output/20*-hey_buster-* ." in planned
    assert "recordings" not in trained.make("-n", "verify").stdout


def test_import_needs_to_know_from_where(fresh):
    assert 'needs FROM: make import-recordings WORD="hey buster." FROM=directory' in fresh.refused("import-recordings")


def test_phrases_redo_the_samples_of_their_word_and_not_what_all_share(trained):
    redone = trained.plan("train", "NEGATIVE_PHRASES=a lobster")
    assert "word/samples" in redone and not any(stage.startswith("common/") for stage in redone)
    assert "word/samples" in trained.plan("train", "SPELLINGS=hey bustah")
    phrases = trained.root / "phrases.txt"
    phrases.write_text("a lobster\n")
    trained.built("train", "NEGATIVE_PHRASES=@phrases.txt")
    assert trained.plan("train", "NEGATIVE_PHRASES=@phrases.txt") == set()
    phrases.write_text("a mobster\n")
    assert "word/samples" in trained.plan("train", "NEGATIVE_PHRASES=@phrases.txt")
