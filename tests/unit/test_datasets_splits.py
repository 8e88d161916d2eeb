"""Speakers, sources and rooms belong to one split each."""

import pytest

from scripts.datasets import splits

PATHS = [
    ("speech_prompts", "a/usr/share/asterisk/sounds/en_US_f_Allison/digits/1.g722", ("speech", "allison", "training")),
    (
        "speech_prompts",
        "a/usr/share/asterisk/sounds/es_MX_f_Allison/agent-pass.g722",
        ("speech", "allison", "training"),
    ),
    (
        "speech_prompts",
        "a/usr/share/asterisk/sounds/it_IT_m_Carlo/letters/a.g722",
        ("speech", "it_IT_m_Carlo", "validation"),
    ),
    (
        "speech_prompts",
        "a/usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU/vm-no.g722",
        ("speech", "ru_RU_f_IvrvoiceRU", "testing"),
    ),
    ("speech_prompts", "a/usr/share/asterisk/sounds/en_US_f_Allison/silence/3.g722", None),
    ("speech_prompts", "a/usr/share/asterisk/sounds/en_US_f_Allison/beep.g722", None),
    ("speech_dialogue", "f/sound/cellar/nl/sk-m-vsak.ogg", ("speech", "nl_small", "validation")),
    ("speech_dialogue", "f/sound/linux/nl/m-bude.ogg", ("speech", "nl_small", "validation")),
    ("speech_dialogue", "f/sound/linux/nl/bar_v_fotka.ogg", ("speech", "nl_big", "testing")),
    ("speech_dialogue", "f/sound/end/nl/proc-v.ogg", ("speech", "nl_big", "testing")),
    ("speech_dialogue", "f/sound/key/nl/rand-4-0.ogg", None),
    ("speech_dialogue", "f/sound/city/cs/vit-hs-klid1.ogg", ("speech", "cs_others", "training")),
    ("short_volunteers", "k/usr/share/klettres/en_GB/alpha/a.ogg", ("short", "klettres_en_GB", "validation")),
    ("short_volunteers", "k/usr/share/klettres/en/alpha/a.ogg", ("short", "klettres_en", "training")),
    ("short_volunteers", "k/usr/share/ktuberling/sounds/sr@latin/hat.ogg", ("short", "ktuberling_sr", "training")),
    ("short_volunteers", "k/usr/share/ktuberling/sounds/uk/hat.ogg", ("short", "ktuberling_uk", "testing")),
    ("short_volunteers", "t/usr/share/tuxpaint/stamps/animals/pig_desc_fr.ogg", ("short", "tuxpaint_fr", "training")),
    (
        "short_volunteers",
        "t/usr/share/tuxpaint/stamps/animals/pig_desc_pt_BR.ogg",
        ("short", "tuxpaint_pt_BR", "testing"),
    ),
    ("short_volunteers", "t/usr/share/tuxpaint/stamps/animals/pig_desc.ogg", ("short", "tuxpaint_en", "testing")),
    (
        "short_volunteers",
        "t/usr/share/tuxpaint/stamps/animals/pig_desc_da.ogg.ogg",
        ("short", "tuxpaint_da", "validation"),
    ),
    (
        "short_volunteers",
        "t/usr/share/tuxpaint/stamps/symbols/math/0_zh_tw.ogg",
        ("short", "tuxpaint_zh_tw", "training"),
    ),
    (
        "music_orchestral",
        "w/usr/share/games/wesnoth/1.18/data/core/music/victory.ogg",
        ("music", "victory", "validation"),
    ),
    ("music_orchestral", "w/usr/share/games/wesnoth/1.18/data/core/music/battle.ogg", ("music", "battle", "training")),
    ("music_games", "h/Data/Sounds/explosion.ogg", None),
    ("music_fma_xs", "fma_xs/__MACOSX/fma_xs/._000002.mp3", None),
    ("noise_samples", "s/usr/share/doc/README.md", None),
]


@pytest.mark.parametrize("dataset, path, expected", PATHS)
def test_a_file_belongs_to_the_group_and_split_of_its_rule(dataset, path, expected):
    kind = dataset.split("_")[0]
    assert splits.place(dataset, path, kind) == expected


def test_the_sound_a_stamp_makes_is_noise():
    placed = splits.place("short_volunteers", "t/usr/share/tuxpaint/stamps/animals/pig.ogg", "short")
    assert (placed.kind, placed.group) == ("noise", "tuxpaint_pig") and placed.split in splits.SPLITS


def test_a_clip_is_in_one_split_in_all_datasets_of_its_collection():
    for number in range(50):
        assert (
            len(
                {
                    splits.place(f"noise_audioset_{part}", f"{folder}/-x{number}.flac", "noise")
                    for part, folder in (("few", "00"), ("0", "bal_train00/audio/bal_train"), ("9", "19"))
                }
            )
            == 1
        )
        assert splits.place("music_fma_xs", f"fma_xs/{number:06}.mp3", "music") == splits.place(
            "music_fma_small", f"a/000/{number:06}.mp3", "music"
        )
        mirror, origin = (
            splits.place("rooms_mit", f"{folder}/h{number:03}_Room.wav", "rooms")
            for folder in ("m/16khz", "Audio/Audio")
        )
        assert mirror == origin


def test_a_keys_press_and_release_stay_together():
    for key in range(0x50):
        assert splits.place("noise_keyboard", f"b/wav/{key:02x}-0.wav", "noise") == splits.place(
            "noise_keyboard", f"b/wav/{key:02x}-1.wav", "noise"
        )


def test_drawn_splits_have_their_shares():
    drawn = [splits.draw_split(f"name {number}") for number in range(4000)]
    shares = {split: drawn.count(split) / len(drawn) for split in splits.SPLITS}
    assert shares == pytest.approx({"training": 0.70, "validation": 0.15, "testing": 0.15}, abs=0.03)


def test_a_language_of_volunteers_is_in_one_split():
    """In all packages a language may be the same person. English is the exception, with splits given by hand."""
    languages = [
        "ar",
        "be",
        "bg",
        "ca",
        "cs",
        "da",
        "de",
        "el",
        "es",
        "fr",
        "he",
        "hu",
        "it",
        "lt",
        "ml",
        "nb",
        "nds",
        "nl",
        "nn",
        "pt",
        "pt_BR",
        "ro",
        "ru",
        "sl",
        "sv",
        "tn",
        "uk",
        "wa",
    ]
    for language in languages:
        placed = [
            splits.place("short_volunteers", path, "short")
            for path in (
                f"k/klettres/{language}/alpha/a.ogg",
                f"k/ktuberling/sounds/{language}/a.ogg",
                f"t/stamps/a/b_desc_{language}.ogg",
                f"t/stamps/symbols/math/1_{language}.ogg",
            )
        ]
        assert len({place.split for place in placed if place}) == 1, language
        assert all(place and place.group.endswith(language) for place in placed[:2]), language
