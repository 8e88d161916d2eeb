"""A file of words: settings of each, and seeds in a place of their own; CLUSTER in the plan."""

import pytest


def made(build, path: str) -> str:
    return (build.root / "data" / path / "made").read_text()


def test_a_word_has_settings_of_its_own(fresh):
    (fresh.root / "words.txt").write_text("one | SAMPLES=77 TITLE='The One'\ntwo\n")
    fresh.built("words", "SAMPLES=88", "NEGATIVE_SAMPLES=99", word=None)
    assert "--samples 77 --negatives 99" in made(fresh, "work/one/samples")
    assert "--samples 88 --negatives 99" in made(fresh, "work/two/samples")
    assert "The One" in made(fresh, "output/one") and "The One" not in made(fresh, "output/two")


def test_another_seed_has_a_place_of_its_own_and_shares_what_all_words_share(fresh):
    (fresh.root / "words.txt").write_text("one | SEED=1,2\ntwo | SEED=2\n")
    said = fresh.built("words", word=None)
    assert [line for line in said.splitlines() if line.startswith("trained")] == [
        "trained: one",
        "trained: one (SEED=2)",
        "trained: two (SEED=2)",
    ]
    assert "--seed 1 " in made(fresh, "work/one/samples") and "--seed 2 " in made(fresh, "seeds/2/work/one/samples")
    log = fresh.log()
    for stage in ("scripts.samples.speak_common", "scripts.features.make_common", "scripts.model.pretrain"):
        assert sum(f"start {stage} " in line for line in log) == 1
    rooms = [line for line in log if line.startswith("start") and "rooms_simulated/16k" in line]
    assert len(rooms) == 2, "rooms are drawn from the seed"
    before = fresh.times()
    fresh.built("words", word=None)
    assert fresh.log() == []
    changed = [path for path, time in fresh.times().items() if before.get(path) != time and path.is_file()]
    assert changed == []


def test_a_failed_word_with_another_seed_is_named_and_does_not_stop_the_others(fresh):
    (fresh.root / "words.txt").write_text("bad luck | SEED=2\ntwo | SEED=2\n")
    ran = fresh.make("words", word=None)
    assert ran.returncode == 2
    assert "trained: two (SEED=2)\nfailed:  bad luck (SEED=2)\n" in ran.stdout


def test_what_all_words_share_can_be_made_without_a_word(fresh):
    fresh.built("common", word=None)
    stages = {line.split()[1] for line in fresh.log()}
    assert "scripts.model.pretrain" in stages and not {"scripts.samples.speak_word", "scripts.model.train"} & stages
    assert fresh.plan("train") == {
        *(f"word/{name}" for name in ("samples", "features", "model", "export", "evaluation", "examples", "published"))
    }


def test_cleaning_the_work_cleans_that_of_every_seed(fresh):
    (fresh.root / "words.txt").write_text("one | SEED=2\n")
    fresh.built("words", word=None)
    assert (fresh.root / "data/seeds/2/work/one/model.stamp").exists()
    fresh.built("clean-work", word=None)
    assert not (fresh.root / "data/seeds/2/work").exists()
    assert (fresh.root / "data/seeds/2/output/one").exists()


@pytest.mark.parametrize("text", ["local", "local:0", "8786", "http://head:8786", "tcp:head"])
def test_what_is_no_address_of_workers_is_refused_before_anything_runs(fresh, text):
    said = fresh.refused("train", f"CLUSTER={text}")
    assert f"CLUSTER={text} is no address of workers: write CLUSTER=local:4" in said


def test_workers_change_no_plan_and_no_result(trained):
    assert trained.plan("train", "CLUSTER=local:4") == set()
    trained.built("train", "CLUSTER=tls://head:8786")
    assert trained.log() == []


def test_dask_is_installed_where_it_is_used_and_nowhere_else(with_environment):
    with_environment.built("venv", word=None)
    assert not any("requirements-cluster.lock" in line for line in with_environment.log())
    with_environment.built("venv", "CLUSTER=local:2", word=None)
    assert (with_environment.root / "data/venv/cluster.lock").exists()


def test_a_limit_of_a_collection_is_a_number(fresh):
    assert "LEAST_RECALL=high is not a number: write one like LEAST_RECALL=0.5" in fresh.refused(
        "zoo", "LEAST_RECALL=high"
    )
    planned = fresh.built("-n", "zoo", "OUT=there", "MOST_FALSE_ACCEPTS=0.5", word=None)
    assert "--out there" in planned and "--most-false-accepts 0.5" in planned and "--least-recall" not in planned


def test_distclean_deletes_what_workers_leave_and_nothing_else(trained):
    folder = trained.root / "data/cluster"
    (folder / "logs").mkdir(parents=True)
    (folder / "token").write_text("x")
    (folder / "mine").write_text("x")
    trained.make("distclean", word=None)
    assert [path.name for path in folder.iterdir()] == ["mine"]
