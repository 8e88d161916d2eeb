"""eSpeak NG through its C library: phonemes for Piper voices, and a formant synthesiser with many odd speakers.

The library and its data come with the package espeakng-loader. Functions used (espeak-ng, speak_lib.h):
espeak_Initialize, espeak_SetVoiceByName, espeak_SetParameter, espeak_SetSynthCallback, espeak_Synth,
espeak_TextToPhonemes.
"""

import ctypes
import multiprocessing
import re
import sys
from functools import cache
from pathlib import Path

import numpy as np

from scripts.samples.languages import LANGUAGES
from scripts.samples.voices import Script, held_out, slowness

# Variants that do not sound like a person at all, or only whisper.
UNNATURAL = {
    "croak",
    "whisper",
    "whisperf",
    "fast",
    "robosoft",
    "UniRobot",
    "Robert",
    "shelby",
    "klatt6",
    "aunty",
    "grandma",
    "grandpa",
    "Demonic",
    "antonio",
    "zac",
    "travis",
    "Storm",
    "Half-LifeAnnouncementSystem",
    "linda",
    "Reed",
    "sandro",
}  # the last does not load
AUDIO_OUTPUT_SYNCHRONOUS, CHARS_UTF8, IPA, TIE = 0x02, 1, 0x02, 0x80  # TIE: bits 8 and up are the tie's character
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER
READING, SLOWEST = 170, 80  # words a minute
TRIES = 3


_heard: list[np.ndarray] = []


# Lives as long as the process: the library keeps the pointer between calls.
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def _collect(samples, count, events):
    if count > 0:
        _heard.append(np.ctypeslib.as_array(samples, (count,)).copy())
    return 0


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The initialised library and its sample rate in Hz; one per process."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate_hz = library.espeak_Initialize(AUDIO_OUTPUT_SYNCHRONOUS, 0, str(espeakng_loader.get_data_path()).encode(), 0)
    if rate_hz <= 0:
        raise SystemExit(
            "eSpeak NG could not be initialised: its data is damaged. Run 'make clean-venv', then 'make venv'."
        )
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library, rate_hz


def _select(voice: str) -> ctypes.CDLL:
    library, _ = _library()
    # A language alone is a voice, a country with it often is none: fr-fr.
    if library.espeak_SetVoiceByName(voice.encode()) and library.espeak_SetVoiceByName(voice.split("-")[0].encode()):
        raise ValueError(f"eSpeak NG has no voice {voice!r}")
    return library


def phonemize(text: str, voice: str, tie: str = "", foreign: bool = False) -> str:
    """IPA of a text, its punctuation kept (Piper voices hear it).

    `tie` joins the letters of one sound (t^s); with `foreign`, what is said as in another language stays marked:
    (en)ʌpdeɪt(de).
    """
    library = _select(voice)
    mode = IPA | (TIE | ord(tie) << 8 if tie else 0)
    said = []
    for piece in re.split(r"([.,!?;:])", text):
        if piece in set(".,!?;:"):
            said.append(piece)
        elif piece.strip():
            buffer = ctypes.create_string_buffer(piece.encode())
            pointer = ctypes.c_void_p(ctypes.addressof(buffer))
            clauses = []
            while pointer.value:  # the library moves the pointer clause by clause, to NULL at the end
                clauses.append(library.espeak_TextToPhonemes(ctypes.byref(pointer), CHARS_UTF8, mode).decode().strip())
            said.append((" " if said else "") + " ".join(clauses))
    return "".join(said) if foreign else re.sub(r"\([^)]*\)", "", "".join(said))


def variants() -> list[str]:
    """Names of the speaker variants that came with the library and sound like somebody."""
    import espeakng_loader

    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return sorted(path.name for path in folder.iterdir() if path.name not in UNNATURAL)


def _speak(text: str, voice: str, parameters: dict[int, int], seed: int) -> tuple[np.ndarray, int]:
    """A text spoken with a library that has not spoken before: (samples,) float32 and its rate in Hz."""
    library, rate_hz = _select(voice), _library()[1]
    # Breath is noise, of the C library's generator or of its own, which it starts with the time of day.
    ctypes.CDLL(None).srand(seed)
    library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
    for parameter, value in parameters.items():
        library.espeak_SetParameter(parameter, value, 0)
    library.espeak_SetSynthCallback(_collect)
    data = text.encode()
    library.espeak_Synth(data, len(data) + 1, 0, 0, 0, CHARS_UTF8, None, None)
    library.espeak_Synchronize()
    return (np.concatenate(_heard) if _heard else np.zeros(0, np.int16)).astype(np.float32) / 32768, rate_hz


def _answer(sender, text: str, voice: str, parameters: dict[int, int], seed: int) -> None:
    sender.send(_speak(text, voice, parameters, seed))


def spoken(*request) -> tuple[np.ndarray, int]:
    """_speak in a process of its own, forked from one in which the library has done nothing yet.

    Once in many thousand utterances the library crashes (SIGSEGV); it is then asked again.
    """
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    for _ in range(TRIES):
        receiver, sender = server.Pipe(duplex=False)
        process = server.Process(target=_answer, args=(sender, *request))
        process.start()
        sender.close()
        try:
            return receiver.recv()
        except EOFError:
            print(f"eSpeak NG crashed over {request}", file=sys.stderr, flush=True)
        finally:
            process.join()
            receiver.close()
    raise ValueError(f"eSpeak NG crashed {TRIES} times over {request[0]!r} as {request[1]}")


class Espeak:
    """The synthesiser. What a speaker sets, the library keeps for the next, so each utterance gets a process of its
    own."""

    name, takes = "espeak", 1

    def __init__(self, language: str, examines: bool = False):
        """`examines`: some of its speakers are held out for judging, for lack of better ones."""
        self.accents, self.examines = LANGUAGES[language].accents, examines

    def speakers(self, split: str) -> list[str]:
        """Training only, beside voices of people: what a formant synthesiser says, says little about how well people
        are heard."""
        if not self.examines:
            return variants() if split == "training" else []
        return held_out(variants(), split)

    def cast(self, split: str, rng: np.random.Generator) -> str:
        """Draw 'accent+variant'."""
        return f"{rng.choice(self.accents)}+{rng.choice(self.speakers(split))}"

    def speak(self, script: Script, speaker: str, rng: np.random.Generator) -> tuple[np.ndarray, int]:
        """Say it at a drawn rate, pitch and pitch range. Returns (samples,) float32 at the library's rate (22,050
        Hz)."""
        parameters = {RATE: max(SLOWEST, int(READING / slowness(script, rng)))}
        parameters |= {
            parameter: int(rng.integers(low, high)) for parameter, low, high in ((PITCH, 20, 80), (RANGE, 20, 90))
        }
        sound, rate_hz = spoken(script.text, speaker, parameters, int(rng.integers(2**31)))
        if not len(sound):
            raise ValueError(f"eSpeak NG said nothing for {script.text!r}")
        return sound, rate_hz
