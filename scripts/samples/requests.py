"""Which clips to make: each voice gets its share of requests, and each request is one rendering."""

from dataclasses import dataclass

from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import HELDOUT
from scripts.samples.kinds import POSITIVE
from scripts.samples.voices import BATCHED, Script, Voice

SPLIT_SHARES = {"training": 1.0, "validation": 1 / 12, "testing": 1 / 12}  # clips for each one of training
SLOW = 5  # clips per rendering of a voice that is too slow for sentences


@dataclass(frozen=True)
class Request:
    """One rendering to make: `clips` perturbed clips of it, and `fragments` negatives cut out of them."""

    split: str
    kind: str
    number: int
    script: Script
    voice: str
    clips: int
    fragments: int = 0

    @property
    def label(self) -> int:
        return int(self.kind == POSITIVE)


@dataclass(frozen=True)
class Planner:
    """Divides clips among voices: opened voices by name, and the share of each that speaks."""

    voices: dict[str, Voice]
    shares: dict[str, float]
    seed: int

    def plan(
        self, kind: str, split: str, scripts: list[Script], clips: int, fragments_per_clip: float = 0.0
    ) -> list[Request]:
        """Requests for `clips` clips in all, of scripts drawn from `scripts`.

        If no voice has speakers in the split, all voices speak there with those of training, and a line says so.
        """
        people = "training" if split == HELDOUT else split
        able = {name: share for name, share in self.shares.items() if self.voices[name].speakers(people)}
        if not able:
            print(
                f"no voice of '{' '.join(self.shares)}' has speakers left for {split}: "
                "the same speakers are used there as in training"
            )
            able = dict(self.shares)
        requests: list[Request] = []
        owed, planned, total = 0.0, 0.0, sum(able.values())
        for name, share in able.items():
            left = round(planned + clips * share / total) - round(planned)  # rounded so that the sum is exact
            planned += clips * share / total
            while left > 0:
                of_rendering = min(left, self.voices[name].clips_per_rendering)
                owed += of_rendering * fragments_per_clip
                rng = generator(self.seed, kind, split, name, len(requests))
                script = scripts[rng.integers(len(scripts))]
                requests.append(Request(split, kind, len(requests), script, name, of_rendering, int(owed)))
                owed -= int(owed)
                left -= of_rendering
        return requests

    def without_slow_voices(self) -> "Planner":
        """For sentences of training: real people's speech is the better negative there. All voices if all are slow."""
        quick = {name: share for name, share in self.shares.items() if self.voices[name].clips_per_rendering < SLOW}
        return Planner(self.voices, quick or self.shares, self.seed)


def group_requests(requests: list[Request], batch: int) -> list[list[Request]]:
    """Groups to render in one pass: up to `batch` requests of a batched voice, texts of similar length together; single
    requests of the others."""
    batched = sorted((r for r in requests if r.voice in BATCHED), key=lambda r: len(r.script.text))
    return [batched[i : i + batch] for i in range(0, len(batched), batch)] + [
        [r] for r in requests if r.voice not in BATCHED
    ]
