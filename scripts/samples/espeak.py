"""eSpeak NG through its C library: phonemes of a text, and a formant synthesiser with many odd speakers.

    phonemize("hey buster.", "en-us")                       # 'hˈeɪ bˈʌstɚ.'
    sound, rate_hz = synthesize("hey buster.", "en-us+f3", {RATE: 170}, seed=7)

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

import espeakng_loader
import numpy as np

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
AUDIO_OUTPUT_SYNCHRONOUS, CHARS_UTF8, MNEMONICS, IPA, TIE = 0x02, 1, 0x100, 0x02, 0x80  # MNEMONICS: between [[ and ]];
# TIE: bits 8 and up are the tie's character
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER; RATE in words a minute
TRIES = 3

_chunks: list[np.ndarray] = []  # of the sound being synthesised


# Lives as long as the process: the library keeps the pointer between calls.
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)
def _collect(samples, count, events):
    if count > 0:
        _chunks.append(np.ctypeslib.as_array(samples, (count,)).copy())
    return 0


@cache
def _library() -> tuple[ctypes.CDLL, int]:
    """The initialised library and its sample rate in Hz; one per process."""
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
    # A language is a voice; a language with a country often is none (fr-fr).
    if library.espeak_SetVoiceByName(voice.encode()) and library.espeak_SetVoiceByName(voice.split("-")[0].encode()):
        raise ValueError(f"eSpeak NG has no voice {voice!r}")
    return library


def phonemize(text: str, voice: str, tie: str = "", foreign: bool = False) -> str:
    """IPA of a text with its punctuation, which Piper voices expect. Raises ValueError for an unknown voice.

    `tie` joins the letters of one sound (t^s). With `foreign`, a word pronounced as in another language stays marked:
    (en)ʌpdeɪt(de).
    """
    library = _select(voice)
    mode = IPA | (TIE | ord(tie) << 8 if tie else 0)
    phonemes = []
    for token in re.split(r"([.,!?;:])", text):
        if token in set(".,!?;:"):
            phonemes.append(token)
        elif token.strip():
            buffer = ctypes.create_string_buffer(token.encode())
            pointer = ctypes.c_void_p(ctypes.addressof(buffer))
            clauses = []
            while pointer.value:  # the library moves the pointer clause by clause, to NULL at the end
                clauses.append(library.espeak_TextToPhonemes(ctypes.byref(pointer), CHARS_UTF8, mode).decode().strip())
            phonemes.append((" " if phonemes else "") + " ".join(clauses))
    joined = "".join(phonemes)
    return joined if foreign else re.sub(r"\([^)]*\)", "", joined)


def list_variants() -> list[str]:
    """Names of the library's speaker variants that sound like a person."""
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return sorted(path.name for path in folder.iterdir() if path.name not in UNNATURAL)


def _synthesize(text: str, voice: str, parameters: dict[int, int], seed: int) -> tuple[np.ndarray, int]:
    library, rate_hz = _select(voice), _library()[1]
    # Breath is noise, from the C library's generator or from its own, which it would seed with the time of day.
    ctypes.CDLL(None).srand(seed)
    library.espeak_ng_SetRandSeed(ctypes.c_long(seed))
    for parameter, value in parameters.items():
        library.espeak_SetParameter(parameter, value, 0)
    library.espeak_SetSynthCallback(_collect)
    data = text.encode()
    library.espeak_Synth(
        data, len(data) + 1, 0, 0, 0, CHARS_UTF8 | (MNEMONICS if text.startswith("[[") else 0), None, None
    )
    library.espeak_Synchronize()
    return (np.concatenate(_chunks) if _chunks else np.zeros(0, np.int16)).astype(np.float32) / 32768, rate_hz


def _send(sender, *arguments) -> None:
    sender.send(_synthesize(*arguments))


def synthesize(text: str, voice: str, parameters: dict[int, int], seed: int) -> tuple[np.ndarray, int]:
    """A text spoken by `voice` (accent+variant): (samples,) float32 and the library's rate in Hz.

    Each call has a process of its own, forked from one in which the library has done nothing: what one call sets, the
    library would keep for the next. Once in many thousand calls the library crashes (SIGSEGV); the call is then
    repeated, and after TRIES crashes it raises ValueError.
    """
    arguments = text, voice, parameters, seed
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([__name__])
    for _ in range(TRIES):
        receiver, sender = server.Pipe(duplex=False)
        process = server.Process(target=_send, args=(sender, *arguments))
        process.start()
        sender.close()
        try:
            return receiver.recv()
        except EOFError:
            print(f"eSpeak NG crashed over {arguments}", file=sys.stderr, flush=True)
        finally:
            process.join()
            receiver.close()
    raise ValueError(f"eSpeak NG crashed {TRIES} times over {text!r} as {voice}")
