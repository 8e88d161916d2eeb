"""Which files of a dataset are used, whose voice they are, and which split they belong to.

    placed = place("speech_prompts", "asterisk-core-sounds-it-g722/usr/share/.../it_IT_m_Carlo/vm-no.g722", "speech")
    placed.kind, placed.group, placed.split          # "speech", "it_IT_m_Carlo", "validation"

A model is honest only if nobody it is judged by has taught it, so whole speakers, sources and tracks belong to one
split. The first rule whose pattern is found in a file's path below raw/ decides; a file no rule knows is not used.
A dataset without rules uses every sound file, one group for each folder, drawn into the splits by its name.
"""

import hashlib
import re
from typing import NamedTuple

SPLITS = ("training", "validation", "testing")
AUDIO = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".g722")


class Place(NamedTuple):
    kind: str  # speech short music noise rooms
    group: str  # one speaker or source; stands in exactly one split
    split: str


class Rule(NamedTuple):
    pattern: str  # regular expression, searched for in the path below raw/
    split: str | None  # one of SPLITS, "drawn" (70/15/15 % by the group's name) or None: not used
    group: str = r"\1"  # template filled from the pattern's groups
    kind: str | None = None  # None: the dataset's own kind


# Volunteers lent their voice to several of these packages, a language each: nothing says that it was not the same
# person, so a language is in the same split in all of them.
_VALIDATION = "da|de|hu|nds|sv"
_TESTING = "el|it|nl|he|pt|pt_BR|uk"

RULES: dict[str, tuple[Rule, ...]] = {
    "speech_prompts": (
        Rule(r"/silence/|/(beep|beeperr|ascending-2tone|descending-2tone|tt-monkeys)\.g722$", None),
        # en and es are both Allison; every other folder is a speaker of its own.
        Rule(r"/sounds/((?:en|es)_\w+_Allison)/", "training", "allison"),
        Rule(r"/sounds/(it_\w+)/", "validation"),
        Rule(r"/sounds/(ru_\w+)/", "testing"),
        Rule(r"/sounds/(\w+)/", "training"),
    ),
    # File names carry the speaker: -m- the small fish (a woman), -v- the big one (a man); in the Dutch package the
    # median pitch is 197 Hz for m and 118 Hz for v. Names without a marker are minor parts, spoken by who knows whom.
    "speech_dialogue": (
        Rule(r"/cs/(?:[^/]*[-_])?m[-_.][^/]*$", "training", "cs_small"),
        Rule(r"/cs/(?:[^/]*[-_])?v[-_.][^/]*$", "training", "cs_big"),
        Rule(r"/cs/[^/]*$", "training", "cs_others"),
        Rule(r"/nl/(?:[^/]*[-_])?m[-_.][^/]*$", "validation", "nl_small"),
        Rule(r"/nl/(?:[^/]*[-_])?v[-_.][^/]*$", "testing", "nl_big"),
    ),
    # NNxxxxPx is said by the people of room NN, NNxxxxJx and numbers alone by the hero. Who speaks in the film scenes
    # between (Cxxxxxxx) is not told, so they are not used.
    "speech_adventure": (
        Rule(r"/talk/(\d\d)[^/]{4}P[^/]\.mp3$", "drawn", r"room_\1"),
        Rule(r"/talk/(?:\d{2}[^/]{4}J[^/]|\d{8})\.mp3$", "training", "hero"),
    ),
    "short_volunteers": (
        Rule(r"/klettres/en_GB/", "validation", "klettres_en_GB"),
        Rule(r"/ktuberling/sounds/en/", "validation", "ktuberling_en"),
        Rule(rf"/(klettres|ktuberling/sounds)/({_VALIDATION})/", "validation", r"\1_\2"),
        Rule(rf"/(klettres|ktuberling/sounds)/({_TESTING})/", "testing", r"\1_\2"),
        Rule(r"/(klettres|ktuberling/sounds)/([a-z]{2,3}(?:_[A-Z]{2})?)(?:@\w+)?/", "training", r"\1_\2"),
        # tuxpaint: NAME_desc_xx is NAME spoken in xx, NAME_desc in English, NAME alone the sound the thing makes.
        Rule(r"/stamps/.*_desc\.ogg$|/stamps/.*_en_GB\.\w+$|/symbols/alphabets/english/", "testing", "tuxpaint_en"),
        Rule(r"/symbols/alphabets/german/|/symbols/math/[^/]*_de\.\w+$", "validation", "tuxpaint_de"),
        Rule(rf"/stamps/.*_({_VALIDATION})(?:\.ogg)?\.\w+$", "validation", r"tuxpaint_\1"),
        Rule(rf"/stamps/.*_({_TESTING})(?:\.ogg)?\.\w+$", "testing", r"tuxpaint_\1"),
        Rule(r"/stamps/.*_desc_([a-z]{2}(?:_[A-Za-z]{2})?)\.\w+$", "training", r"tuxpaint_\1"),
        Rule(r"/symbols/math/\w+?_([a-z]{2}(?:_[A-Za-z]{2})?)\.\w+$", "training", r"tuxpaint_\1"),
        Rule(r"/symbols/|/dreydl|/final-roll-call", None),
        Rule(r"/stamps/(?:.*/)?([^/_]+)[^/]*\.(?:ogg|wav)$", "drawn", r"tuxpaint_\1", "noise"),
    ),
    # Default and Classic share recordings, as do Default_pl and Russian_pl: surely one person each.
    "music_games": (
        Rule(r"/Music/([^/]+)\.ogg$", "testing", r"music_\1", "music"),
        Rule(r"/voices/(Mobster|HillBilly)/", "validation", kind="short"),
        Rule(r"/voices/(Surfer|Singer|Russian)/", "testing", kind="short"),
        Rule(r"/voices/(\w+)/", "training", kind="short"),
    ),
    "music_orchestral": (
        Rule(r"/music/([t-z][^/]*)\.ogg$", "validation"),
        Rule(r"/music/([^/]+)\.ogg$", "training"),
    ),
    "music_hold": (Rule(r"/moh/([^/]+)\.\w+$", "training"),),
    # A key's press and release are NN-1 and NN-0: one source.
    "noise_keyboard": (Rule(r"/([0-9a-f]{2})-[01]\.wav$", "drawn", r"key_\1"),),
    "noise_samples": (Rule(r"/([^/]+)\.flac$", "drawn"),),
    "rooms_measured": (
        Rule(r"/impulses/(ir_bathroom1)\.wav$", "validation"),
        Rule(r"/impulses/(Concrete Room|Derlon Sanctuary)\.wav$", "testing"),
        Rule(r"/impulses/([^/]+)\.wav$", "training"),
    ),
    # A file a room, under the same name wherever it comes from: h001_Bedroom_65txts.wav.
    "rooms_mit": (Rule(r"/([^/]+)\.wav$", "drawn"),),
    # A file a track, under its number; who played it is not told there.
    "music_fma_xs": (Rule(r"/([^/]+)\.mp3$", "drawn"),),
    "music_fma_small": (Rule(r"/([^/]+)\.mp3$", "drawn"),),
}
# A file a video, under its identifier, whichever shard it comes in.
_AUDIOSET = (Rule(r"/([^/]+)\.(?:flac|wav)$", "drawn"),)


def slug(text: str) -> str:
    """A name safe on any file system: letters, digits, dash and underscore."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_") or "_"


def draw(name: str, training: float = 0.70, validation: float = 0.15) -> str:
    """A split drawn from a name alone: the same whatever else is in the dataset."""
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big") / 2**64
    return "training" if number < training else "validation" if number < training + validation else "testing"


def family(dataset: str) -> str:
    """The name under which a dataset draws: the parts of one collection draw alike, so that a clip is on one side in
    all."""
    return re.sub(r"(audioset|fma)_\w+$", r"\1", dataset)


def place(dataset: str, path: str, kind: str) -> Place | None:
    """Where the file `path` (below raw/, with forward slashes) goes; None if it is not used.

    `kind` is the dataset's own, for files whose rule does not say another.
    """
    if not path.lower().endswith(AUDIO) or re.search(
        r"(^|/)(__MACOSX/|\._)", path
    ):  # what macOS puts beside each file of a zip
        return None
    rules = _AUDIOSET if dataset.startswith("noise_audioset_") else RULES.get(dataset)
    if rules is None:
        group = slug("_".join(path.split("/")[:-1]))
        return Place(kind, group, draw(group))
    for rule in rules:
        found = re.search(rule.pattern, "/" + path)
        if found:
            if rule.split is None:
                return None
            group = slug(found.expand(rule.group).replace("ktuberling/sounds", "ktuberling"))
            return Place(
                rule.kind or kind, group, draw(f"{family(dataset)}/{group}") if rule.split == "drawn" else rule.split
            )
    return None
