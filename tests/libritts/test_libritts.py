"""The voice libritts, on a small random network saved in the form of the reference generator. Run by `make
test-torch`."""

import json
import os
import pickle
import sys

import numpy as np
import pytest

from scripts.core.files import sha256
from scripts.samples.voices import Script

torch = pytest.importorskip("torch", reason="Torch is not installed: make test-torch installs it")
PEOPLE = 30
SYMBOLS = "_^$ .,!?abdefhijklmnoprstuvwxzæðŋɐɑɔəɚɛɜɡɪɹʃʊʌʒˈˌː"
HEY, LONGER = Script("hey buster.", {}), Script("hey buster, where have you been all this long day?", {})


def small_network():
    from piper.train.vits import models

    torch.manual_seed(1)
    return models.SynthesizerTrn(
        n_vocab=len(SYMBOLS),
        spec_channels=33,
        segment_size=8,
        inter_channels=8,
        hidden_channels=8,
        filter_channels=16,
        n_heads=2,
        n_layers=2,
        kernel_size=3,
        p_dropout=0.1,
        resblock="2",
        resblock_kernel_sizes=(3,),
        resblock_dilation_sizes=((1, 2),),
        upsample_rates=(8, 8, 4),
        upsample_initial_channel=16,
        upsample_kernel_sizes=(16, 16, 8),
        n_speakers=PEOPLE,
        gin_channels=8,
    )


def save_as_the_reference_does(network, path, patch):
    """Inference only, forward set to infer, its classes under piper_train.vits."""
    from piper.train.vits import attentions, models, modules

    network.eval()
    network.dec.remove_weight_norm()
    network.forward = network.infer
    for module in (attentions, models, modules):
        old = "piper_train.vits." + module.__name__.rpartition(".")[2]
        patch.setitem(sys.modules, old, module)
        for one in vars(module).values():
            if isinstance(one, type) and one.__module__ == module.__name__:
                patch.setattr(one, "__module__", old)
    patch.setitem(sys.modules, "piper_train", sys.modules["piper"])
    patch.setitem(sys.modules, "piper_train.vits", sys.modules["piper.train.vits"])
    torch.save(network, path)


def vouch(directory):
    entry = {"file": "generator.pt", "sha256": sha256(directory / "generator.pt"), "pinned": True}
    (directory / "fetched.json").write_text(json.dumps([entry]))


def write_generator(folder, name="generator.pt"):
    """The network and its description, as the reference publishes them."""
    with pytest.MonkeyPatch.context() as patch:
        save_as_the_reference_does(small_network(), folder / name, patch)
    (folder / f"{name}.json").write_text(
        json.dumps(
            {
                "audio": {"sample_rate": 22050},
                "espeak": {"voice": "en-us"},
                "phoneme_type": "espeak",
                "num_speakers": PEOPLE,
                "phoneme_id_map": {symbol: [number] for number, symbol in enumerate(SYMBOLS)},
            }
        )
    )


@pytest.fixture
def directory(tmp_path):
    write_generator(tmp_path)
    vouch(tmp_path)
    return tmp_path


@pytest.fixture
def voice(directory):
    from scripts.samples.voices.libritts import Libritts

    return Libritts(directory)


def test_the_pickle_is_of_the_reference_form(directory):
    with pytest.raises(pickle.UnpicklingError, match="piper_train.vits.models.SynthesizerTrn"):
        torch.load(directory / "generator.pt", weights_only=True)


def test_it_speaks_and_the_same_seed_says_the_same(voice):
    first, again, other = (voice.speak(HEY, "1+2@0.50", np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first[1] == 22050 and first[0].ndim == 1 and len(first[0]) % 256 == 0 and np.isfinite(first[0]).all()
    assert np.array_equal(first[0], again[0]) and not np.array_equal(first[0], other[0])


def test_a_batch_sounds_like_single_renderings(voice):
    alone = [
        voice.speak(script, speaker, np.random.default_rng(seed))[0]
        for seed, (script, speaker) in enumerate(((HEY, "1+2@0.50"), (LONGER, "3+4@0.10"), (HEY, "5+6@0.90")))
    ]
    together = voice.speak_many(
        [HEY, LONGER, HEY], ["1+2@0.50", "3+4@0.10", "5+6@0.90"], [np.random.default_rng(seed) for seed in range(3)]
    )
    for one, (sound, _) in zip(alone, together):
        assert len(one) == len(sound) and np.abs(one - sound).max() < 1e-4 * max(1.0, np.abs(one).max())
    assert len(alone[1]) > len(alone[0])


def test_a_mixture_of_one_with_nothing_of_the_other_is_that_one(voice):
    sounds = [
        voice.speak(HEY, speaker, np.random.default_rng(1))[0] for speaker in ("3+9@0.00", "3+5@0.00", "3+9@0.50")
    ]
    assert np.array_equal(sounds[0], sounds[1]) and not np.array_equal(sounds[0], sounds[2])


def test_no_speaker_is_in_two_splits(voice):
    people = [set(voice.speakers(split)) for split in ("training", "validation", "testing")]
    assert sum(map(len, people)) == PEOPLE == len(set.union(*people)) and all(people)


def test_another_checksum_is_not_opened(directory):
    from scripts.samples.voices.libritts import load

    with (directory / "generator.pt").open("ab") as out:
        out.write(b"x")
    with pytest.raises(SystemExit, match="is not opened"):
        load(directory)


class Evil:
    def __reduce__(self):
        return os.system, ("touch owned",)


@pytest.mark.parametrize("smuggled", [Evil(), {"inner": [Evil()]}])
def test_nothing_else_is_made_even_where_the_checksum_is_right(directory, smuggled, monkeypatch):
    from scripts.samples.voices.libritts import load

    monkeypatch.chdir(directory)
    torch.save(smuggled, directory / "generator.pt")
    vouch(directory)
    with pytest.raises(SystemExit, match="generator.pt is (not opened|damaged)"):
        load(directory)
    assert not (directory / "owned").exists()


def test_getattr_is_refused(directory):
    from scripts.samples.voices.libritts import load

    class Sneaky:
        def __reduce__(self):
            return getattr, (torch.nn.ReLU(), "__class__")

    torch.save(Sneaky(), directory / "generator.pt")
    vouch(directory)
    with pytest.raises(SystemExit, match="generator.pt is (not opened|damaged)"):
        load(directory)


def test_the_self_test_works_it_by_hand():
    from scripts.tools import probes

    assert "a product and its gradient are right" in probes.torch()


def test_samples_are_generated_with_it_in_batches(directory, tmp_path):
    from scripts.samples.generate import VoiceSet, generate
    from scripts.samples.requests import Planner
    from scripts.samples.voices import open_voices

    datasets = tmp_path / "datasets"
    (datasets / "voice_libritts").mkdir(parents=True)
    (datasets / "voice_libritts/voice").symlink_to(directory)
    voices = open_voices(["libritts"], datasets, "en")
    requests = Planner(voices, {"libritts": 1.0}, seed=1).plan("positive", "training", [HEY], 12)
    counts = [
        generate(requests, {}, VoiceSet(["libritts"], datasets, "en"), 1, 1, batch, tmp_path / f"out{batch}")
        for batch in (4, 100)
    ]
    assert counts[0] == counts[1] and sum(counts[0].values()) == 12
