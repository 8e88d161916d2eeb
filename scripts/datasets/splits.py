"""The files of a dataset that are used, with the speaker or source and the split of each.

    >>> place("speech_prompts", "asterisk/sounds/it_IT_m_Carlo/vm-no.g722", "speech")
    Place(kind='speech', group='it_IT_m_Carlo', split='validation')

An evaluation is honest only if the training has not heard its speakers, so whole speakers, sources and tracks belong to
one split. The first rule whose pattern is found in a file's path below raw/ decides; a file without a rule is not used.
A dataset without rules uses every sound file, with a group for each folder, drawn into the splits by its name.
"""

import hashlib
import re
from typing import NamedTuple

SPLITS = ("training", "validation", "testing")
DRAWN = "drawn"  # by draw_split() from the name of the group
SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".g722")


class Place(NamedTuple):
    kind: str  # speech short music noise rooms
    group: str  # one speaker or source, in one split only
    split: str


class Rule(NamedTuple):
    pattern: str  # regular expression, searched for in the path below raw/
    split: str | None  # one of SPLITS, DRAWN (70/15/15 %) or None: not used
    group: str = r"\1"  # template filled from the pattern's groups
    kind: str | None = None  # None: the dataset's own kind


# Volunteers recorded several of these packages, each in one language. They may be the same people, so a language is in
# the same split in all of them.
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
    # median pitch is 197 Hz for m and 118 Hz for v. Names without a marker are minor roles by unknown speakers.
    "speech_dialogue": (
        Rule(r"/cs/(?:[^/]*[-_])?m[-_.][^/]*$", "training", "cs_small"),
        Rule(r"/cs/(?:[^/]*[-_])?v[-_.][^/]*$", "training", "cs_big"),
        Rule(r"/cs/[^/]*$", "training", "cs_others"),
        Rule(r"/nl/(?:[^/]*[-_])?m[-_.][^/]*$", "validation", "nl_small"),
        Rule(r"/nl/(?:[^/]*[-_])?v[-_.][^/]*$", "testing", "nl_big"),
    ),
    # NNxxxxPx is said by the people of place NN in the game, NNxxxxJx and numbers alone by the hero. The speakers of the
    # film scenes (Cxxxxxxx) are unknown, so these are not used.
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
    # Default and Classic share recordings, as do Default_pl and Russian_pl: probably one person each.
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
    # A file a room, with the same name in the mirror and the origin: h001_Bedroom_65txts.wav.
    "rooms_mit": (Rule(r"/([^/]+)\.wav$", "drawn"),),
    # A file a track, under its number; the artist is not known.
    "music_fma_xs": (Rule(r"/([^/]+)\.mp3$", "drawn"),),
    "music_fma_small": (Rule(r"/([^/]+)\.mp3$", "drawn"),),
}
# A file a video, under its identifier, in whichever shard it comes.
AUDIOSET_RULES = (Rule(r"/([^/]+)\.(?:flac|wav)$", "drawn"),)


def safe_name(text: str) -> str:
    """A name that any file system takes: letters, digits, dash and underscore.

    >>> safe_name("Concrete Room.wav")
    'Concrete_Room_wav'
    """
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text).strip("_") or "_"


def draw_split(name: str, training: float = 0.70, validation: float = 0.15) -> str:
    """A split drawn from a name alone: the same whatever else is in the dataset.

    >>> draw_split("audioset/abc")
    'validation'
    """
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big") / 2**64
    return "training" if number < training else "validation" if number < training + validation else "testing"


def collection(dataset: str) -> str:
    """The collection a dataset is a part of; the parts draw alike, so that a clip is in the same split in all of them.

    >>> collection("noise_audioset_few"), collection("music_hold")
    ('noise_audioset', 'music_hold')
    """
    return re.sub(r"(audioset|fma)_\w+$", r"\1", dataset)


def place(dataset: str, path: str, kind: str) -> Place | None:
    """Kind, group and split of the file `path` (below raw/, with forward slashes); None if it is not used.

    `kind` is the dataset's own, for files whose rule gives no other.
    """
    beside_zip_members = re.search(r"(^|/)(__MACOSX/|\._)", path)  # macOS adds these to a zip
    if beside_zip_members or not path.lower().endswith(SOUND_SUFFIXES):
        return None
    rules = AUDIOSET_RULES if dataset.startswith("noise_audioset_") else RULES.get(dataset)
    if rules is None:
        group = safe_name("_".join(path.split("/")[:-1]))
        return Place(kind, group, draw_split(group))
    for rule in rules:
        if match := re.search(rule.pattern, "/" + path):
            if rule.split is None:
                return None
            group = safe_name(match.expand(rule.group).replace("ktuberling/sounds", "ktuberling"))
            split = draw_split(f"{collection(dataset)}/{group}") if rule.split == DRAWN else rule.split
            return Place(rule.kind or kind, group, split)
    return None
