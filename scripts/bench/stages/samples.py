"""Samples: ours by the sample generator; the reference's voice utterance by utterance, as piper-sample-generator works."""

import time
from argparse import Namespace
from dataclasses import dataclass
from itertools import cycle, islice

import numpy as np
import onnxruntime
import soundfile
from scipy.signal import resample_poly

from scripts.bench.inputs import list_training_clips
from scripts.bench.measure import timed
from scripts.core.files import read_jsonl, write_jsonl
from scripts.samples import dictionary, generate, requests, voices
from scripts.samples.voices.piper import LONGEST, Piper
from scripts.samples.voices.shares import parse_shares

PHRASE, LANGUAGE, BATCH = "hey buster.", "en", 100
PROBE = 60  # samples that are spoken at scale
RATE_HZ = 16_000


@dataclass(frozen=True)
class Plan:
    """The planner of samples, what they say, and the voices that speak them."""

    planner: requests.Planner
    script: voices.Script
    voice_set: generate.VoiceSet

    @classmethod
    def open(cls, args: Namespace) -> "Plan":
        datasets, shares = args.data / "datasets", parse_shares(args.voices)
        planner = requests.Planner(voices.open_voices(shares, datasets, LANGUAGE), shares, seed=1)
        script = voices.Script(PHRASE, dictionary.open_dictionary(LANGUAGE, datasets).pronounce(PHRASE))
        return cls(planner, script, generate.VoiceSet(list(shares), datasets, LANGUAGE))

    def list_requests(self, count: int) -> list[requests.Request]:
        return self.planner.plan("positive", "training", [self.script], count)


def run_ours(args: Namespace) -> None:
    """`count` clips by the --voices, written."""
    with timed() as result:
        plan = Plan.open(args)
        counts = generate.generate(
            plan.list_requests(args.count), {}, plan.voice_set, 1, args.jobs, BATCH, args.out / "samples"
        )
        result["items"] = sum(counts.values())


def run_reference(args: Namespace) -> None:
    """`count` utterances by one voice, with ONNX Runtime's default threads."""
    with timed() as result:
        folder = args.data / "datasets/voice_joe/voice"
        voice = Piper(folder)
        voice.session = onnxruntime.InferenceSession(str(folder / "voice.onnx"), providers=["CPUExecutionProvider"])
        voice.end_cap = LONGEST  # keeps the silence at the end as long as the voice makes it
        rng = np.random.default_rng(1)
        for number in range(args.count):
            sound, rate_hz = voice.speak(voices.Script(PHRASE, {}), "joe", rng)
            resampled = resample_poly(sound, RATE_HZ // 50, rate_hz // 50)
            soundfile.write(args.out / f"{number}.wav", resampled, RATE_HZ, subtype="PCM_16")
        result["items"] = args.count


def measure_scale(args: Namespace) -> float:
    """Seconds a sample: planning and indexing `count` of them, speaking PROBE."""
    plan = Plan.open(args)
    started = time.perf_counter()
    planned = plan.list_requests(args.count)
    rows = list(islice(cycle(list_training_clips(args.data, args.slug, 500)), args.count))
    write_jsonl(args.out / "index.jsonl", sorted(rows, key=lambda row: row["path"]))
    read_jsonl(args.out / "index.jsonl")
    shared_s = time.perf_counter() - started
    chosen = [planned[place] for place in np.linspace(0, len(planned) - 1, PROBE, dtype=int)]
    started = time.perf_counter()
    counts = generate.generate(chosen, {}, plan.voice_set, 1, args.jobs, BATCH, args.out / "samples")
    return (time.perf_counter() - started) / sum(counts.values()) + shared_s / args.count
