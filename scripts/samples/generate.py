"""Speak a list of requests with several voices in parallel, bend the renderings into more speakers, and write the
clips.

One rendering may become several clips: `takes` of its voice say how many differently bent ones. Beside the clips stands
samples/index.jsonl (docs/ARCHITECTURE.md), one line a clip.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from scripts.core import audio
from scripts.core.files import publishing, write_json, write_jsonl
from scripts.core.parallel import parallel
from scripts.core.random_numbers import generator
from scripts.core.spectrogram_store import STRANGER
from scripts.samples import perturb
from scripts.samples.voices import BATCHED, Script, open_voices

MARGIN_S = 0.05  # kept before and after the audible speech
SPARE_S = 0.1  # kept there of a rendering that is yet to be bent
LONGEST_S = {"positive": 2.5, "near": 3.0, "part": 2.0, "word": 2.5, "sentence": 12.0}
SHORTEST_S = 0.08
DEAR = 5  # takes of a voice that is too slow for sentences


@dataclass(frozen=True)
class Request:
    """One rendering to make: `clips` bent takes of it, and `cuts` negatives cut out of it."""

    split: str
    kind: str
    number: int
    script: Script
    voice: str
    clips: int
    cuts: int = 0
    label: int = field(default=0)


def plan(
    kind: str,
    split: str,
    scripts: list[Script],
    clips: int,
    voices: dict,
    shares: dict[str, float],
    seed: int,
    cuts_share: float = 0.0,
    label: int = 0,
) -> list[Request]:
    """Share `clips` clips out to the voices that have speakers in this split; scripts are said in turn."""
    able = {
        name: share
        for name, share in shares.items()
        if voices[name].speakers("training" if split == STRANGER else split)
    }
    if not able:  # voices that are one person only: they must serve all splits, and it is said
        print(
            f"no voice of '{' '.join(shares)}' has people to spare for {split}: the same voices speak there as in training"
        )
        able = dict(shares)
    requests, owed, given, total = [], 0.0, 0.0, sum(able.values())
    for name, share in able.items():
        left = round(given + clips * share / total) - round(given)  # rounded so that the sum is exact
        given += clips * share / total
        while left > 0:
            takes = min(left, voices[name].takes)
            owed += takes * cuts_share
            script = scripts[generator(seed, kind, split, name, len(requests)).integers(len(scripts))]
            requests.append(Request(split, kind, len(requests), script, name, takes, int(owed), label))
            owed -= int(owed)
            left -= takes
    return requests


def quick(shares: dict[str, float], voices: dict) -> dict[str, float]:
    """The shares without the dear voices, for sentences: there real people's speech is the better negative anyway."""
    return {name: share for name, share in shares.items() if voices[name].takes < DEAR} or shares


def without_silence(spoken: np.ndarray, rate_hz: int) -> np.ndarray:
    """A rendering, (samples,), with SPARE_S of silence on both sides at most: bending silence takes as long as bending
    speech."""
    first, last = audio.speech_bounds(spoken, rate_hz=rate_hz)
    spare = int(SPARE_S * rate_hz)
    return spoken[max(0, first - spare) : last + spare] if last else spoken


def trimmed(sound: np.ndarray) -> tuple[np.ndarray, float, float]:
    """Cut silence to MARGIN_S on both sides, peak to 0.5. Returns the sound and where its speech starts and ends, in s.

    Raises ValueError when there is less than SHORTEST_S of speech.
    """
    first, last = audio.speech_bounds(sound)
    if last - first < SHORTEST_S * audio.SAMPLE_RATE_HZ:
        raise ValueError(f"only {(last - first) / audio.SAMPLE_RATE_HZ:.2f} s of speech")
    margin = int(MARGIN_S * audio.SAMPLE_RATE_HZ)
    start = max(0, first - margin)
    sound = sound[start : last + margin]
    return (
        sound * (0.5 / np.abs(sound).max()),
        (first - start) / audio.SAMPLE_RATE_HZ,
        (last - start) / audio.SAMPLE_RATE_HZ,
    )


def cut(sound: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A piece of the wake word that is not the wake word: its head, its tail, or its halves in the wrong order.

    sound: (samples,) trimmed speech. At most half of it is kept in one piece, so nobody would take it for the word.
    """
    first, last = audio.speech_bounds(sound)
    speech = sound[first:last]
    way = rng.integers(3)
    if way == 0:
        piece = speech[: int(len(speech) * rng.uniform(0.25, 0.5))]
    elif way == 1:
        piece = speech[int(len(speech) * rng.uniform(0.5, 0.75)) :]
    else:
        middle = int(len(speech) * rng.uniform(0.4, 0.6))
        piece = np.concatenate([speech[middle:], speech[:middle]])
    fade = min(len(piece) // 4, audio.SAMPLE_RATE_HZ // 100)
    piece = piece.copy()
    piece[:fade] *= audio.ramp(fade)
    piece[len(piece) - fade :] *= audio.ramp(fade)[::-1]
    return np.pad(piece, int(MARGIN_S * audio.SAMPLE_RATE_HZ))


_context: dict = {}


def _open(names: list[str], datasets: Path, language: str, seed: int, out: Path) -> None:
    _context.update(voices=open_voices(names, datasets, language), seed=seed, out=out)


def groups(requests: list[Request], batch: int) -> list[list[Request]]:
    """What is rendered at once: up to `batch` requests of a voice that can, texts of one length together, else one by
    one."""
    together = sorted((r for r in requests if r.voice in BATCHED), key=lambda r: len(r.script.text))
    return [together[i : i + batch] for i in range(0, len(together), batch)] + [
        [r] for r in requests if r.voice not in BATCHED
    ]


def _perform(requests: list[Request]) -> list[dict]:
    """Render requests of one voice and write their clips; rows of the index, those left out with a reason under
    'skipped'."""
    voice = _context["voices"][requests[0].voice]
    rngs = [generator(_context["seed"], "render", r.kind, r.split, r.number) for r in requests]
    speakers = [voice.cast(r.split if voice.speakers(r.split) else "training", rng) for r, rng in zip(requests, rngs)]
    abouts = [{"text": r.script.text, "voice": r.voice, "speaker": speaker} for r, speaker in zip(requests, speakers)]
    try:
        if requests[0].voice in BATCHED:
            spoken = voice.speak_many([r.script for r in requests], speakers, rngs)
        else:
            spoken = [voice.speak(requests[0].script, speakers[0], rngs[0])]
    except ValueError as error:
        return [{"skipped": f"{about['voice']}: {error}", **about} for about in abouts]
    return [
        row
        for request, about, rng, (sound, rate_hz) in zip(requests, abouts, rngs, spoken)
        for row in _clips(request, about, sound, rate_hz, rng)
    ]


def _clips(request: Request, about: dict, spoken: np.ndarray, rate_hz: int, rng: np.random.Generator) -> list[dict]:
    """Bend one rendering into its clips, cut negatives out of them, and write both; their rows."""
    rows = []
    rendering = perturb.Rendering(without_silence(spoken, rate_hz), rate_hz)
    for take in range(request.clips):
        name = f"{request.split}/{request.kind}/{request.number:06d}_{take}"
        try:
            bent = rendering.sound if take == 0 and rng.random() < 0.3 else rendering.bent(perturb.draw(rng))
            sound, start_s, end_s = trimmed(audio.resample(bent, rate_hz))
            if end_s - start_s > LONGEST_S[request.kind]:
                raise ValueError(f"{end_s - start_s:.1f} s long")
        except ValueError as error:
            rows.append({"skipped": f"{request.voice}: {error}", **about})
            continue
        rows.append(_write(name + ".wav", request.kind, request.label, sound, start_s, end_s, request, about))
        if take < request.cuts:
            try:
                piece, start_s, end_s = trimmed(cut(sound, rng))
            except ValueError as error:
                rows.append({"too_short": str(error)})
                continue
            rows.append(
                _write(
                    f"{request.split}/part/cut{request.number:06d}_{take}.wav",
                    "part",
                    0,
                    piece,
                    start_s,
                    end_s,
                    request,
                    {**about, "text": f"(cut) {request.script.text}"},
                )
            )
    return rows


def _write(
    path: str, kind: str, label: int, sound: np.ndarray, start_s: float, end_s: float, request: Request, about: dict
) -> dict:
    target = _context["out"] / path
    target.parent.mkdir(parents=True, exist_ok=True)
    audio.write(target, sound)
    return {
        "path": path,
        "split": request.split,
        "kind": kind,
        "label": label,
        **about,
        "start_s": round(start_s, 3),
        "end_s": round(end_s, 3),
        "duration_s": round(len(sound) / audio.SAMPLE_RATE_HZ, 3),
    }


def generate(
    requests: list[Request],
    phrases: dict,
    names: list[str],
    datasets: Path,
    language: str,
    seed: int,
    jobs: int,
    batch: int,
    out: Path,
) -> Counter:
    """Perform all requests into `out`, published whole. Returns how many clips there are of each 'split kind'.

    More than 2 % of renderings left out is an error, and nothing is published.
    """
    # Dear voices first, so that no process is left alone with them at the end.
    order = groups(sorted(requests, key=lambda r: -{"kokoro": 3, "piper": 2}.get(r.voice, 1)), batch)
    with publishing(out, directory=True) as part:
        rows, skipped, too_short = [], [], 0
        for made in parallel(
            _perform,
            order,
            jobs,
            "samples",
            "renderings",
            chunk=max(1, min(batch, len(order) // 64)),
            initializer=_open,
            arguments=(names, datasets, language, seed, part),
        ):
            for row in made:
                if "too_short" in row:
                    too_short += 1
                else:
                    (skipped if "skipped" in row else rows).append(row)
        if too_short:
            print(f"{too_short} pieces cut out of the word were too short to be speech and are not used")
        if skipped:
            reasons = Counter(row["skipped"].split(":")[0] for row in skipped)
            print(
                f"{len(skipped)} of {len(rows) + len(skipped)} clips left out, by voice {dict(reasons)}; first: "
                f"{skipped[0]['skipped']} ({skipped[0]['text']!r})"
            )
        if len(skipped) > 0.02 * (len(rows) + len(skipped)):
            raise SystemExit(
                f"{len(skipped)} of {len(rows) + len(skipped)} clips failed, more than 2 %: the first because of "
                f"{skipped[0]['skipped']}. Try another spelling of the phrase, or other VOICES."
            )
        rows.sort(key=lambda row: row["path"])
        write_jsonl(part / "index.jsonl", rows)
        write_json(part / "phrases.json", phrases)
    return Counter(f"{row['split']} {row['kind']}" for row in rows)
