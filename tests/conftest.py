"""Fixtures that tests of several folders share."""
import pytest
from published import published_model, report_page  # noqa: F401


@pytest.fixture(scope="session")
def espeak_says():
    """espeak_says(text, voice): (samples,) float32 at 16 kHz, the same each time for the same arguments."""
    from scripts import audio
    from scripts.samples.voices import Script
    from scripts.samples.voices.espeak import Espeak
    from scripts.work import generator

    voice_of = Espeak("en")

    def say(text, voice):
        sound, rate_hz = voice_of.speak(Script(text, {}), voice, generator(0, voice))
        return audio.resample(sound, rate_hz)

    return say
