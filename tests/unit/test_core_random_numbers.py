"""Random numbers depend on the seed and the name, and on nothing else."""

from scripts.core.random_numbers import generator


def test_the_same_seed_and_name_give_the_same_numbers_in_every_version():
    assert generator(1, "a", 2).integers(0, 2**32, 3).tolist() == [357325377, 2285155664, 852804857]


def test_another_seed_or_name_gives_other_numbers():
    names = [(1, "a", 2), (2, "a", 2), (1, "a", 3), (1, "b", 2), (1,), (1, "a", "2", "")]
    assert len({generator(*name).random() for name in names}) == len(names)


def test_numbers_in_names_count_as_their_text():
    assert generator(1, "a", 2).random() == generator(1, "a", "2").random()
