"""Decode any recording of a user to sound at 16 kHz, block by block.

    recording = Decoder(Path("clip.m4a"))
    for block in recording:             # (samples,) float32 at 16 kHz, mono
        detector.push(block)
    recording.faults                    # ["1 of 310 packets could not be decoded: ..."], or []

FFmpeg (PyPI av) decodes and resamples in blocks, so an hour takes no more memory than a second. Everything that can be
decoded is used; `faults` lists the rest: damaged packets, a file that breaks off or is shorter than its header says,
samples that are not numbers. If nothing can be decoded, UndecodableError says why.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np

from scripts.core.audio import SAMPLE_RATE_HZ
from scripts.core.damaged import printable

# Formats without sound, which make FFmpeg open other files or the network.
PLAYLISTS = {"concat", "hls", "dash", "sdp", "rtsp", "imf"}
# Formats whose header holds the length; for others FFmpeg guesses it from the size of the file.
FORMATS_WITH_LENGTH = {"flac", "aiff", "au", "caf", "w64", "ogg", "mov,mp4,m4a,3gp,3g2,mj2"}
MISSING_S = 0.2  # a shorter difference may be padding of the coder
RATES_HZ = range(4_000, 768_001)  # a header that says 1 Hz would make hours of a second
FLOATS = ("flt", "fltp", "dbl", "dblp")
LOUDEST = 2.0**15  # times full scale; louder samples would overflow later
TOO_LOUD = 4.0  # times full scale; a decoded MP3 reaches 1.5


class UndecodableError(ValueError):
    """FFmpeg can decode no sound in a file; says why."""


class Decoder:
    """One pass over a file: iterate to get (samples,) float32 blocks at 16 kHz, then look at `samples` and `faults`."""

    def __init__(self, path: Path) -> None:
        self.path, self.samples = Path(path), 0
        self._packets = self._bad_packets = self._values = self._nan_count = 0
        self._bad_packet = self._broke_off = ""
        self._peak = self._promised_s = 0.0
        self._resampler: Any = None  # PyAV's, opened for the format of the first frame
        self._setup: tuple = ()

    def __iter__(self) -> Iterator[np.ndarray]:
        try:
            # Absolute, because FFmpeg takes the "12:" of "12:30.wav" for a protocol. Only files may be opened.
            with av.open(
                os.path.abspath(self.path), options={"protocol_whitelist": "file"}, metadata_errors="replace"
            ) as container:
                if container.format.name in PLAYLISTS:
                    raise UndecodableError("it is a list of other files, not a recording")
                if not container.streams.audio:
                    raise UndecodableError("it has no sound")
                if container.format.name in FORMATS_WITH_LENGTH and container.duration:
                    self._promised_s = container.duration / av.time_base
                for block in self._blocks(container):
                    self.samples += len(block)
                    yield block
        except UndecodableError:
            raise
        except (av.FFmpegError, ValueError, LookupError, ArithmeticError, OSError) as error:
            self._broke_off = _describe(error)
        if not self.samples or self._nan_count == self._values > 0:
            raise UndecodableError(
                self._broke_off
                or self._bad_packet
                or (self._values and "its samples are not numbers (NaN or infinite)")
                or "it has no sound"
            )

    def _blocks(self, container) -> Iterator[np.ndarray]:
        for packet in container.demux(container.streams.audio[0]):
            self._packets += bool(packet.size)
            try:
                frames = packet.decode()
            except av.FFmpegError as error:
                self._bad_packets, self._bad_packet = self._bad_packets + 1, _describe(error)
                continue
            for frame in frames:
                setup = (frame.format.name, frame.layout.name, frame.sample_rate)
                if frame.sample_rate not in RATES_HZ:
                    raise ValueError(
                        f"its header says {frame.sample_rate} samples a second, and recordings have {RATES_HZ.start} or more"
                    )
                if setup != self._setup:  # first frame, or the format changes within the file
                    yield self._rest()
                    self._resampler, self._setup = av.AudioResampler("flt", "mono", SAMPLE_RATE_HZ), setup
                frame = self._replace_nan(frame)
                frame.pts = None  # gaps in the time stamps are not filled
                yield join_frames(self._resampler.resample(frame))
        yield self._rest()

    def _rest(self) -> np.ndarray:
        return join_frames(self._resampler.resample(None) if self._resampler else [])

    def _replace_nan(self, frame):
        """The frame with 0 for NaN and infinity, which would spread to all later samples."""
        if frame.format.name not in FLOATS:
            self._values += frame.samples
            return frame
        values = frame.to_ndarray()
        bad = ~np.isfinite(values)
        self._values, self._nan_count = self._values + values.size, self._nan_count + int(bad.sum())
        self._peak = max(self._peak, float(np.abs(values[~bad]).max(initial=0)))
        if not bad.any() and self._peak <= LOUDEST:
            return frame
        repaired = av.AudioFrame.from_ndarray(
            np.where(bad, 0, values).clip(-LOUDEST, LOUDEST).astype(values.dtype),
            format=frame.format.name,
            layout=frame.layout.name,
        )
        repaired.sample_rate = frame.sample_rate
        return repaired

    @property
    def faults(self) -> list[str]:
        """Phrases about everything in the file that was not decoded, or not as it should be."""
        length_s, faults = self.samples / SAMPLE_RATE_HZ, []
        if self._bad_packets:
            faults.append(f"{self._bad_packets} of {self._packets} packets could not be decoded: {self._bad_packet}")
        if self._broke_off:
            faults.append(f"it breaks off after {length_s:.1f} s: {self._broke_off}")
        elif length_s < self._promised_s - MISSING_S and not self._bad_packets:
            faults.append(f"it should last {self._promised_s:.1f} s and has only {length_s:.1f} s")
        if self._nan_count:
            faults.append(
                f"{self._nan_count / self._values:.1%} of its samples are not numbers (NaN or infinite) "
                "and count as silence"
            )
        if self._peak > TOO_LOUD:
            faults.append(
                f"its loudest sample is {self._peak:.3g} times full scale, and samples above full scale are clipped: "
                f"float sound goes from -1 to 1"
            )
        return faults


def read_all(path: Path) -> tuple[np.ndarray, list[str]]:
    """A whole recording as (samples,) float32 at 16 kHz, and its faults. UndecodableError if nothing can be decoded."""
    decoder = Decoder(path)
    blocks = list(decoder)
    return np.concatenate(blocks), decoder.faults


def join_frames(frames: list) -> np.ndarray:
    """Mono float frames of FFmpeg as (samples,) float32."""
    return np.concatenate([frame.to_ndarray()[0] for frame in frames] or [np.zeros(0, np.float32)])


def _describe(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def list_files_below(folder: Path) -> list[Path]:
    """Every file below a directory in the order of paths, without hidden ones. Broken links are listed too, for the caller
    to report.

    Links to directories are followed, each directory once. One that cannot be read is named on standard error.
    """

    def report(error: OSError) -> None:
        print(printable(f"skipped {error.filename}: {error.strerror}"), file=sys.stderr)

    paths, seen = [], set()
    for here, folders, names in os.walk(folder, onerror=report, followlinks=True):
        if (real := os.path.realpath(here)) in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        paths += [Path(here, name) for name in names if not name.startswith(".")]
    return sorted(path for path in paths if path.is_file() or not path.exists())
