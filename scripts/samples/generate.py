"""Render requests with several voices in parallel, perturb the renderings into more speakers, and write the clips.

One rendering may become several clips (Voice.clips_per_rendering). Beside the clips stand index.jsonl, a line a clip,
and phrases.json (docs/stages/samples.md).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from scripts.core import audio
from scripts.core.files import publishing, write_json, write_jsonl
from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator
from scripts.samples.kinds import CALLED, CONFUSABLE, FRAGMENT, POSITIVE, REJECTED, SENTENCE, WORD
from scripts.samples.perturb import Rendering, draw_perturbation
from scripts.samples.requests import Request, group_requests
from scripts.samples.voices import BATCHED, open_voices

MARGIN_S = 0.05  # kept before and after the audible speech
SPARE_S = 0.1  # kept there of a rendering before it is perturbed
LONGEST_S = {POSITIVE: 2.5, CONFUSABLE: 3.0, FRAGMENT: 2.0, CALLED: 2.5, REJECTED: 4.0, WORD: 2.5, SENTENCE: 12.0}
SHORTEST_S = 0.08
UNPERTURBED_SHARE = 0.3  # of the first clips of renderings
MOST_SKIPPED = 0.02  # share of clips that may fail before it is an error
SLOWEST_FIRST = {"kokoro": 3, "piper": 2}


@dataclass(frozen=True)
class VoiceSet:
    """The arguments of open_voices: worker processes open the voices for themselves."""

    names: list[str]
    datasets: Path
    language: str


@dataclass(frozen=True)
class Skipped:
    """A clip that could not be made."""

    voice: str
    text: str
    reason: str


@dataclass
class Rendered:
    """What came of some requests: lines for index.jsonl, skipped clips, and the count of fragments too short to use."""

    rows: list[dict] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    short_fragments: int = 0

    def add(self, other: "Rendered") -> None:
        self.rows += other.rows
        self.skipped += other.skipped
        self.short_fragments += other.short_fragments


@dataclass(frozen=True)
class Speech:
    """A trimmed clip: (samples,) float32 at 16 kHz, and where its speech starts and ends."""

    sound: np.ndarray
    start_s: float
    end_s: float


def limit_silence(sound: np.ndarray, rate_hz: int) -> np.ndarray:
    """A rendering, (samples,), with at most SPARE_S of silence on both sides: perturbing silence takes as long as
    perturbing speech."""
    first, last = audio.speech_bounds(sound, rate_hz=rate_hz)
    spare = int(SPARE_S * rate_hz)
    return sound[max(0, first - spare) : last + spare] if last else sound


def trim_silence(sound: np.ndarray) -> Speech:
    """Cut the silence of (samples,) at 16 kHz to MARGIN_S on both sides and scale its peak to 0.5.

    Raises ValueError if there is less than SHORTEST_S of speech.
    """
    first, last = audio.speech_bounds(sound)
    if last - first < SHORTEST_S * audio.SAMPLE_RATE_HZ:
        raise ValueError(f"only {(last - first) / audio.SAMPLE_RATE_HZ:.2f} s of speech")
    margin = int(MARGIN_S * audio.SAMPLE_RATE_HZ)
    start = max(0, first - margin)
    sound = sound[start : last + margin]
    return Speech(
        sound * (0.5 / np.abs(sound).max()),
        (first - start) / audio.SAMPLE_RATE_HZ,
        (last - start) / audio.SAMPLE_RATE_HZ,
    )


def cut_fragment(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A fragment of the wake word: its beginning, its end, or its halves exchanged. (samples,) float32, trimmed speech.

    No more than 60 % of the word stays in one stretch, so nobody would take the fragment for the word.
    """
    first, last = audio.speech_bounds(sound)
    speech = sound[first:last]
    way = rng.integers(3)
    if way == 0:
        fragment = speech[: int(len(speech) * rng.uniform(0.25, 0.5))]
    elif way == 1:
        fragment = speech[int(len(speech) * rng.uniform(0.5, 0.75)) :]
    else:
        middle = int(len(speech) * rng.uniform(0.4, 0.6))
        fragment = np.concatenate([speech[middle:], speech[:middle]])
    fade = min(len(fragment) // 4, audio.SAMPLE_RATE_HZ // 100)
    fragment = fragment.copy()
    fragment[:fade] *= audio.ramp(fade)
    fragment[len(fragment) - fade :] *= audio.ramp(fade)[::-1]
    return np.pad(fragment, int(MARGIN_S * audio.SAMPLE_RATE_HZ))


class Renderer:
    """The state of a worker process: opened voices, and the directory `out` in which clips are written."""

    def __init__(self, voice_set: VoiceSet, seed: int, out: Path):
        self.voices = open_voices(voice_set.names, voice_set.datasets, voice_set.language)
        self.seed, self.out = seed, out

    def render(self, requests: list[Request]) -> Rendered:
        """Render requests of one voice (several only if it is batched) and write their clips."""
        voice = self.voices[requests[0].voice]
        rngs = [generator(self.seed, "render", r.kind, r.split, r.number) for r in requests]
        speakers = [
            voice.draw_speaker(r.split if voice.speakers(r.split) else "training", rng)
            for r, rng in zip(requests, rngs)
        ]
        try:
            if requests[0].voice in BATCHED:
                sounds = voice.speak_many([r.script for r in requests], speakers, rngs)  # type: ignore[attr-defined]
            else:
                sounds = [voice.speak(requests[0].script, speakers[0], rngs[0])]
        except ValueError as error:
            return Rendered(skipped=[Skipped(r.voice, r.script.text, str(error)) for r in requests])
        rendered = Rendered()
        for request, speaker, rng, (sound, rate_hz) in zip(requests, speakers, rngs, sounds):
            rendered.add(self._write_clips(request, speaker, sound, rate_hz, rng))
        return rendered

    def _write_clips(
        self, request: Request, speaker: str, sound: np.ndarray, rate_hz: int, rng: np.random.Generator
    ) -> Rendered:
        """Perturb one rendering into its clips, cut fragments out of them, and write both."""
        rendered = Rendered()
        rendering = Rendering(limit_silence(sound, rate_hz), rate_hz)
        for number in range(request.clips):
            name = f"{request.number:06d}_{number}"
            try:
                as_spoken = number == 0 and rng.random() < UNPERTURBED_SHARE
                changed = rendering.sound if as_spoken else rendering.perturb(draw_perturbation(rng))
                clip = trim_silence(audio.resample(changed, rate_hz))
                if clip.end_s - clip.start_s > LONGEST_S[request.kind]:
                    raise ValueError(f"{clip.end_s - clip.start_s:.1f} s long")
            except ValueError as error:
                rendered.skipped.append(Skipped(request.voice, request.script.text, str(error)))
                continue
            rendered.rows.append(self._write(f"{name}.wav", request.kind, clip, request, speaker))
            if number < request.fragments:
                try:
                    fragment = trim_silence(cut_fragment(clip.sound, rng))
                except ValueError:
                    rendered.short_fragments += 1
                    continue
                rendered.rows.append(self._write(f"cut{name}.wav", FRAGMENT, fragment, request, speaker))
        return rendered

    def _write(self, name: str, kind: str, clip: Speech, request: Request, speaker: str) -> dict:
        path = f"{request.split}/{kind}/{name}"
        cut = kind != request.kind
        target = self.out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        audio.write(target, clip.sound)
        return {
            "path": path,
            "split": request.split,
            "kind": kind,
            "label": 0 if cut else request.label,
            "text": f"(cut) {request.script.text}" if cut else request.script.text,
            "voice": request.voice,
            "speaker": speaker,
            "start_s": round(clip.start_s, 3),
            "end_s": round(clip.end_s, 3),
            "duration_s": round(len(clip.sound) / audio.SAMPLE_RATE_HZ, 3),
        }


def _report(rendered: Rendered) -> None:
    """Print what was left out. SystemExit if it is more than MOST_SKIPPED."""
    if rendered.short_fragments:
        print(f"{rendered.short_fragments} fragments cut out of the word were too short to be speech and are not used")
    if not rendered.skipped:
        return
    count, total, first = len(rendered.skipped), len(rendered.rows) + len(rendered.skipped), rendered.skipped[0]
    by_voice = dict(Counter(skipped.voice for skipped in rendered.skipped))
    print(
        f"{count} of {total} clips left out, by voice {by_voice}; first: {first.voice}: {first.reason} ({first.text!r})"
    )
    if count > MOST_SKIPPED * total:
        raise SystemExit(
            f"{count} of {total} clips failed, more than {MOST_SKIPPED * 100:g} %: the first because of {first.voice}: "
            f"{first.reason}. Try another spelling of the phrase, or other VOICES."
        )


def generate(
    requests: list[Request], phrases: dict, voice_set: VoiceSet, seed: int, jobs: int, batch: int, out: Path
) -> Counter:
    """Render all requests into the directory `out`, which appears when all of it is written.

    `phrases` is written to phrases.json. Returns how many clips there are of each 'split kind'. If more than
    MOST_SKIPPED of the clips fail, it raises SystemExit and publishes nothing.
    """
    # Slow voices first, so that no process is left alone with them at the end.
    groups = group_requests(sorted(requests, key=lambda r: -SLOWEST_FIRST.get(r.voice, 1)), batch)
    rendered = Rendered()
    with publishing(out, directory=True) as part:
        results: Iterable[Rendered] = parallel(
            Renderer.render,
            groups,
            jobs,
            "samples",
            "renderings",
            chunk=max(1, min(batch, len(groups) // 64)),
            state=partial(Renderer, voice_set, seed, part),
        )
        for result in results:
            rendered.add(result)
        _report(rendered)
        rows = sorted(rendered.rows, key=lambda row: row["path"])
        write_jsonl(part / "index.jsonl", rows)
        write_json(part / "phrases.json", phrases)
    return Counter(f"{row['split']} {row['kind']}" for row in rows)
