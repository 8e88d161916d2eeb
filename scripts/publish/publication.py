"""Publish a trained word: one directory with everything about it, and a link to the newest.

    target = publish(Word("hey_buster", "hey buster."), inputs, Path("data/output"), {"SAMPLES": "2000"})

A model that the device gate has not passed, in exactly these bytes, is refused.
"""

import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scripts.core.files import publishing, read_json, remove, sha256, write_json
from scripts.model import manifest
from scripts.publish.provenance import PublicationInputs, Word, collect
from scripts.publish.report_page import find_clips, write_report
from scripts.publish.training_log import drop_repeats

BEGUN = "published.name"  # in the word's work: the directory that the last publication wrote
NEEDED_METRICS = ("probability_cutoff", "sliding_window_size")


def check_device_gate(model: Path, device: Path) -> dict:
    """What the device gate measured of `model`; ValueError with the reason if the model has not passed it."""
    if not model.exists():
        raise ValueError(f"there is no model at {model}. Run: make train")
    if not device.exists():
        raise ValueError(f"{device} is missing: this model was never checked against the device's rules")
    measured = read_json(device)
    if measured.get("reasons"):
        raise ValueError("the device would refuse it: " + " ".join(measured["reasons"]))
    if "reasons" not in measured or not measured.get("arena_declared"):
        raise ValueError(
            f"{device} does not say whether the device takes this model: the check did not come to its end"
        )
    if measured.get("sha256") != (checksum := sha256(model)):
        raise ValueError(
            f"the check belongs to another file (sha256 {measured.get('sha256')}, this model has {checksum}). Run: make train"
        )
    return measured


def read_metrics(path: Path) -> dict:
    """metrics.json of an evaluation; ValueError if it is missing or lacks the chosen setting."""
    if not path.exists():
        raise ValueError(f"{path} is missing, so there is no cutoff and no window. Run: make evaluate")
    metrics = read_json(path)
    if missing := [key for key in NEEDED_METRICS if key not in metrics]:
        raise ValueError(f"{path} has no {' and no '.join(missing)}. Run: make evaluate")
    return metrics


def read_comparison(path: Path, force: bool) -> dict:
    """comparison.json of a model that was trained with a user's recordings; with `force` it says "forced" where the model
    would be refused. ValueError with the reason if it is refused."""
    comparison = read_json(path, dict)
    if comparison["refused"] and not force:
        raise ValueError(
            f"{comparison['refused']}. The model that was published before stands. Look at the recordings, or publish this "
            "one all the same: type the same line with FORCE=1"
        )
    return {**comparison, "forced": bool(comparison["refused"])}


def point_link(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to `target` beside it; at every moment it names the old or the new one."""
    if link.is_dir() and not link.is_symlink():
        raise ValueError(f"{link} is a directory, where the link to the newest model belongs: move it away")
    part = link.with_name(link.name + ".link.part")
    remove(part)
    try:
        part.symlink_to(target.name)
        os.replace(part, link)
    except OSError as error:
        raise ValueError(
            f"the link {link} to it cannot be made ({error.strerror}); the model itself is complete, in {target}. Take it "
            "from there, or move DATA_DIR to a disk with symbolic links"
        ) from None


def name_directory(now: datetime, slug: str, options: dict[str, str]) -> str:
    """STAMP-SLUG-N-STEPS: publications sort by time, and their names tell samples and steps.

    >>> name_directory(datetime(2026, 11, 22, 12), "hey_buster", {"SAMPLES": "2000", "TRAINING_STEPS": "25000"})
    '20261122-120000-hey_buster-2000-25000'
    """
    return f"{now:%Y%m%d-%H%M%S}-{slug}-{options.get('SAMPLES', 0)}-{options.get('TRAINING_STEPS', 0)}"


def clear_leftovers(output: Path, slug: str) -> None:
    """Remove what a killed publication of this word left: its name holds an old time, so no later one replaces it."""
    for path in output.glob(f"*-{slug}-*.part"):
        if re.fullmatch(rf"\d{{8}}-\d{{6}}-{slug}-\d+-\d+(\.old)?\.part", path.name):
            remove(path)


def find_unstamped(output: Path, work: Path, model_sha256: str) -> Path | None:
    """The publication of this very model that is complete but was killed before make wrote its stamp; the new one
    replaces it."""
    begun, stamp = work / BEGUN, work / "published.stamp"
    if not begun.exists() or (stamp.exists() and stamp.stat().st_mtime_ns >= begun.stat().st_mtime_ns):
        return None
    build = output / Path(begun.read_text(encoding="utf-8").strip()).name / "build.json"
    return build.parent if build.exists() and read_json(build).get("model_sha256") == model_sha256 else None


def publish(
    word: Word,
    inputs: PublicationInputs,
    output: Path,
    options: dict[str, str],
    now: datetime | None = None,
    comparison: dict | None = None,
) -> Path:
    """Write output/STAMP-SLUG-N-STEPS and point output/SLUG at it; return the directory. `comparison`: what a user's
    recordings changed. ValueError with the reason if the model is refused."""
    work, slug = inputs.work, word.slug
    model = work / "model" / "model.tflite"
    device = check_device_gate(model, work / "model" / "device.json")
    metrics = read_metrics(work / "evaluation" / "metrics.json")
    model_manifest = manifest.build(
        word.title or manifest.make_title(word.phrase),
        f"{slug}.tflite",
        metrics["probability_cutoff"],
        metrics["sliding_window_size"],
        device["arena_declared"],
        [options.get("LANGUAGE", "en").split("-")[0]],
    )
    build = collect(Word(slug, word.phrase, model_manifest["wake_word"]), inputs, options)

    now = now or datetime.now(UTC)
    while (target := output / name_directory(now, slug, options)).exists():  # never over an earlier publication
        now += timedelta(seconds=1)
    build["published"] = now.isoformat(timespec="seconds")
    build["model_sha256"] = sha256(model)
    target = find_unstamped(output, work, build["model_sha256"]) or target
    (work / BEGUN).write_text(target.name + "\n", encoding="utf-8")
    clear_leftovers(output, slug)
    with publishing(target, directory=True) as part:
        shutil.copyfile(model, part / f"{slug}.tflite")
        manifest.write(part / f"{slug}.json", model_manifest)
        if comparison:
            build["forced"] = comparison["forced"]
            write_json(part / "comparison.json", comparison)
        write_json(part / "build.json", build)
        copy_files(work, part)
        write_report(part, slug, find_clips(work, build["model_sha256"]))
    point_link(output / slug, target)
    return target


def copy_files(work: Path, folder: Path) -> None:
    """Copy metrics, device check, phrases, training log and TensorBoard's files into a folder, those that exist."""
    for source in (
        work / "evaluation" / "metrics.json",
        work / "model" / "device.json",
        work / "samples" / "phrases.json",
    ):
        if source.exists():
            shutil.copyfile(source, folder / source.name)
    if (log := work / "model.log").exists():
        text = drop_repeats(log.read_text(encoding="utf-8", errors="replace"))
        (folder / "training.log").write_text(text, encoding="utf-8")
    if (tensorboard := work / "model" / "tensorboard").is_dir():
        shutil.copytree(tensorboard, folder / "tensorboard")
