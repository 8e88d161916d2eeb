"""What of an interrupted conversion is finished, so that the same command continues there."""

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from scripts.core import audio, files

WAV_HEADER_BYTES = 44
WAV_BYTES_PER_S = 2 * audio.SAMPLE_RATE_HZ


class ConversionJournal:
    """The results of a conversion, a line {"path", "result"} a file, in a directory that serves one plan only.

    journal = ConversionJournal(Path("music_hold/16k.converting"), plan)     # another plan's files are deleted
    journal.add("training/hold/a.wav", {"duration_s": 12.5})
    journal.results["training/hold/a.wav"]
    """

    def __init__(self, staging: Path, plan: Sequence) -> None:
        self.staging = staging
        self._path, self._plan = staging / "finished.jsonl", staging / "plan"
        identity = sha256(json.dumps(plan).encode()).hexdigest()
        if not self._plan.exists() or self._plan.read_text() != identity:
            files.remove(staging)
            staging.mkdir(parents=True)
            self._plan.write_text(identity)
        self.results = self._read()
        self._file = self._path.open("w", encoding="utf-8")
        for path, result in self.results.items():
            self.add(path, result)

    def _read(self) -> dict[str, dict]:
        results: dict[str, dict] = {}
        if not self._path.exists():
            return results
        for line in self._path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True):
            try:
                if line.endswith("\n") and self._is_complete(entry := json.loads(line)):
                    results[entry["path"]] = entry["result"]
            except (ValueError, LookupError, TypeError, AttributeError):
                continue  # a damaged line: its file is converted again
        return results

    def _is_complete(self, entry: dict) -> bool:
        """Whether a converted file is here, with its header and all its 16-bit samples to a millisecond."""
        if (duration_s := entry["result"].get("duration_s")) is None:
            return True  # skipped or left out
        path = self.staging / entry["path"]
        expected_bytes = WAV_HEADER_BYTES + WAV_BYTES_PER_S * duration_s
        return path.exists() and abs(path.stat().st_size - expected_bytes) < WAV_BYTES_PER_S / 1000

    def add(self, path: str, result: dict) -> None:
        """Note the result of one file; it survives a kill."""
        self.results[path] = result
        self._file.write(json.dumps({"path": path, "result": result}) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Leave nothing in the directory but converted files."""
        self._file.close()
        self._path.unlink()
        self._plan.unlink()
