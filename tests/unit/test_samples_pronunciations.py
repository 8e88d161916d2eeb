"""What users write in PRONUNCIATION is said by every voice, in the alphabet that it takes."""

import pytest

from scripts.samples.pronunciations import parse_pronunciation, to_ipa, to_mnemonics


@pytest.mark.parametrize(
    "written, pronunciations",
    [
        ("/səˈvɑːnt/ /ˈsævənt/", ["səvˈɑnt", "sˈævənt"]),
        ("/kəmˈpjuːtər/, /kɒmˈpjuːtɚ/", ["kəmpjˈutəɹ", "kɒmpjˈutəɹ"]),
        ("/heɪ dʒɑːrvɪs/", ["hA ʤɑɹvɪs"]),
        ("sa vahnt.", ["SA VAHNT"]),
    ],
)
def test_users_pin_pronunciations_in_ipa_or_as_they_sound(written, pronunciations):
    assert parse_pronunciation(written, lambda text: {"us": text.upper(), "gb": text.upper()}) == pronunciations


@pytest.mark.parametrize(
    "written, why",
    [("/səvʘnt/", "'ʘ' in /səvʘnt/ is no sound"), ("səˈvɑːnt/", "between two slashes"), ("/st/", "has no vowel")],
)
def test_what_is_no_pronunciation_is_refused_with_a_sentence(written, why):
    with pytest.raises(ValueError, match=why):
        parse_pronunciation(written, dict)


def test_every_voice_is_given_the_pronunciation_in_its_own_alphabet():
    assert to_ipa("hˈA kɑmpjˈutəɹ?") == "hˈeɪ kɑːmpjˈuːtɚ?"
    assert to_mnemonics("hˈA, kɑmpjˈutəɹ!") == "[[h'eI]], [[kA:mpj'u:t3]]!"
