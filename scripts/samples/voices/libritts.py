"""The voice of the reference recipe: a VITS network of 904 people (LibriTTS-R); a speaker is a mixture of two.

It is a pickled PyTorch module, and a pickle can run code. So it is read only if its checksum is right, and by PyTorch's
restricted unpickler, which creates only the classes of such a network. piper-tts has them as piper.train.vits; in the
pickle they have their former name, piper_train.vits.

People are points on a sphere and are mixed along its surface (slerp: Shoemake 1985, Animating Rotation with Quaternion
Curves). Many scripts are rendered in one pass. Each draws its noise from its own seed, so the other scripts of the pass
change a rendering by rounding only.
"""

from pathlib import Path
from pickle import UnpicklingError

import numpy as np

from scripts.core.damaged import DamagedError, reading
from scripts.core.files import read_json, sha256
from scripts.samples.voices.base import Script, draw_slowness, select_split
from scripts.samples.voices.piper import phoneme_ids

GENERATOR, CONFIG = "generator.pt", "generator.pt.json"
TAIL = 32  # frames of padding, more than the decoder looks ahead
LAYERS = ("Conv1d", "Conv2d", "ConvTranspose1d", "Dropout", "Embedding", "LayerNorm", "ModuleList", "ReLU")


def slerp(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    """The vector (d,) that lies `share` of the way from `a` to `b` on the sphere between them."""
    angle = np.arccos(np.clip(np.dot(a / np.linalg.norm(a), b / np.linalg.norm(b)), -1.0, 1.0))
    if np.sin(angle) < 0.03:  # nearly the same, or opposite: the formula would divide by zero
        return (1 - share) * a + share * b
    return (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)


def load(directory: Path):
    """The network in `directory`, ready to speak. SystemExit if its checksum is not that of a verified download."""
    path = directory / GENERATOR
    if not path.exists():
        raise SystemExit(f"{path} is missing: the voice is not there yet. Run 'make datasets VOICES=libritts' first.")
    with reading(directory / "fetched.json"):
        verified = {entry["sha256"] for entry in read_json(directory / "fetched.json", list) if entry["pinned"]}
    if (checksum := sha256(path)) not in verified:
        raise SystemExit(
            f"{path} has SHA-256 {checksum}, which is not that of a verified download: it is not opened. "
            f"Delete {directory.parent} and run the same line again."
        )
    try:
        import torch
        from piper.train.vits import attentions, models, modules
        from torch.nn.utils.weight_norm import WeightNorm
    except ImportError as error:
        raise SystemExit(
            f"The voice libritts needs Torch and piper-tts ({error}). 'make venv VOICES=libritts' installs them."
        ) from None
    known = [
        (one, f"piper_train.vits.{module.__name__.rpartition('.')[2]}.{name}")
        for module in (attentions, models, modules)
        for name, one in vars(module).items()
        if isinstance(one, type) and one.__module__ == module.__name__
    ]
    known += [getattr(torch.nn, name) for name in LAYERS] + [WeightNorm, set, (_get_infer, "builtins.getattr")]
    with reading(path), torch.serialization.safe_globals(known):
        try:
            return torch.load(path, map_location="cpu", weights_only=True).eval()
        except UnpicklingError as error:
            raise DamagedError(
                path, f"is not opened: it asks for classes that no such network has ({error})"
            ) from error


def _get_infer(network, name: str):
    """Replaces getattr, which the pickle asks for once: it was saved with `forward` set to its own `infer`."""
    if type(network).__name__ != "SynthesizerTrn" or name != "infer":
        raise ValueError(
            f"the pickle asks for {name!r} of a {type(network).__name__}, which no network of this kind does"
        )
    return network.infer


class Libritts:
    name, clips_per_rendering = "libritts", 2

    def __init__(self, directory: Path):
        self.model = load(directory)
        import torch

        self.config = read_json(directory / CONFIG)
        torch.set_num_threads(1)  # as many processes run as there are cores
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.people = self.model.emb_g.weight.detach().numpy().copy()
        self.model.to(self.device)
        # The decoder looks ahead a little: in a batch the shorter renderings are followed by padding, so the longest
        # must be as well.
        self.model.dec.register_forward_pre_hook(
            lambda _, args: (torch.nn.functional.pad(args[0], (0, TAIL)), *args[1:])
        )

    def speakers(self, split: str) -> list[str]:
        """Numbers of the people of a split."""
        return select_split([str(i) for i in range(len(self.people))], split)

    def draw_speaker(self, split: str, rng: np.random.Generator) -> str:
        """A mixture: '17+402@0.43'."""
        first, second = rng.choice(self.speakers(split), 2)
        return f"{first}+{second}@{rng.uniform(0, 1):.2f}"

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Render one script. Returns (samples,) float32 at 22,050 Hz."""
        return self.speak_many([script], [speaker], [rng])[0]

    def speak_many(
        self, scripts: list[Script], speakers: list[str], rngs: list[np.random.Generator]
    ) -> list[tuple[np.ndarray, int]]:
        """Render many scripts in one pass, each with drawn noise and length scales."""
        import torch

        ids = [phoneme_ids(self.config, script) for script in scripts]
        padded = np.zeros((len(ids), max(map(len, ids))), np.int64)
        for row, sequence in zip(padded, ids):
            row[: len(sequence)] = sequence
        scales = np.array(
            [
                (rng.uniform(0.5, 0.9), draw_slowness(script, rng), rng.uniform(0.6, 1.0))
                for script, rng in zip(scripts, rngs)
            ]
        )
        noise, length, rhythm = (
            torch.tensor(column, dtype=torch.float32, device=self.device)[:, None, None] for column in scales.T
        )
        mixed = torch.tensor(
            np.stack([self._mixture(speaker) for speaker in speakers]), dtype=torch.float32, device=self.device
        )
        self.model.emb_g = torch.nn.Embedding.from_pretrained(mixed)  # "speaker i" is the i-th mixture
        with torch.inference_mode(), _seed_noise([int(rng.integers(2**62)) for rng in rngs]):
            sound, _, mask, _ = self.model.infer(
                torch.tensor(padded, device=self.device),
                torch.tensor([len(sequence) for sequence in ids], device=self.device),
                sid=torch.arange(len(ids), device=self.device),
                noise_scale=noise,
                length_scale=length,
                noise_scale_w=rhythm,
            )
        per_frame = sound.shape[-1] // (mask.shape[-1] + TAIL)
        lengths = mask.sum((1, 2)).int().tolist()
        return [
            (one[0, : frames * per_frame].cpu().numpy(), self.config["audio"]["sample_rate"])
            for one, frames in zip(sound, lengths)
        ]

    def _mixture(self, speaker: str) -> np.ndarray:
        pair, share = speaker.split("@")
        first, second = pair.split("+")
        return slerp(self.people[int(first)], self.people[int(second)], float(share))


def _seed_noise(seeds: list[int]):
    """A context in which Torch's normal noise (batch, channels, time) comes from the seeds, one for each of the batch."""
    import torch
    from torch.overrides import TorchFunctionMode

    class SeededNoise(TorchFunctionMode):
        draws = 0

        def __torch_function__(self, function, types, args=(), kwargs=None):
            if function not in (torch.randn, torch.randn_like):
                return function(*args, **(kwargs or {}))
            like = function is torch.randn_like
            _, channels, time = args[0].shape if like else args
            self.draws += 1
            # Time first: the noise of a rendering does not depend on the longest of the batch.
            drawn = np.stack(
                [
                    np.random.default_rng([self.draws, seed]).standard_normal((time, channels), np.float32).T
                    for seed in seeds
                ]
            )
            return torch.from_numpy(drawn).to(args[0].device if like else "cpu")

    return SeededNoise()
