"""Publish a trained word: one directory that says everything, and a link to the newest.

    WORD="hey buster." python -m scripts.publish.publish --data data --slug hey_buster \\
        --option SAMPLES=20000 --option TRAINING_STEPS=25000 --datasets voice_joe --licence "voice_joe=MIT, voice CC0"

writes data/output/20261122-134000-hey_buster-20000-25000/ and points data/output/hey_buster at it. WORD and TITLE come
from the environment; without TITLE the title is the word, capitalised, punctuation removed. A model that the device
check has not passed, in exactly these bytes, is refused.
"""

import argparse
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scripts.core.files import publishing, read_json, remove, sha256, write_json
from scripts.publish.training_log import without_repeats

BEGUN = "published.name"  # in the word's work: the directory that the last publication made


def passed_gate(model: Path, device: Path) -> dict:
    """Return what the device check measured of `model`; ValueError with the reason where it did not pass it."""
    if not model.exists():
        raise ValueError(f"there is no model at {model}")
    if not device.exists():
        raise ValueError(f"{device} is missing: this model was never checked against the device's rules")
    measured = read_json(device)
    if measured.get("reasons"):
        raise ValueError("the device would refuse it: " + " ".join(measured["reasons"]))
    if "reasons" not in measured or not measured.get("arena_declared"):
        raise ValueError(f"{device} does not say that the device takes this model: the check did not come to its end")
    if measured.get("sha256") != (found := sha256(model)):
        raise ValueError(
            f"the check was made of another file (sha256 {measured.get('sha256')}, this model has {found})"
        )
    return measured


def point(link: Path, target: Path) -> None:
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
            f"the link {link} to it cannot be made ({error.strerror}); the model itself is whole, in {target}. Take it from there, or "
            f"move DATA_DIR to a disk with symbolic links"
        ) from None


def directory_name(now: datetime, slug: str, options: dict[str, str]) -> str:
    """STAMP-SLUG-N-STEPS, by which publications sort and say what they are."""
    return f"{now:%Y%m%d-%H%M%S}-{slug}-{options.get('SAMPLES', 0)}-{options.get('TRAINING_STEPS', 0)}"


def clear_leftovers(output: Path, slug: str) -> None:
    """Remove what a killed publication of this word left: its name holds an old time, so nothing else would."""
    for path in output.glob(f"*-{slug}-*.part"):
        if re.fullmatch(rf"\d{{8}}-\d{{6}}-{slug}-\d+-\d+(\.old)?\.part", path.name):
            remove(path)


def unfinished(output: Path, work: Path, model_sha256: str) -> Path | None:
    """The publication of this very model that was made, but killed before make had written its stamp: it is made again,
    in its place."""
    begun, stamp = work / BEGUN, work / "published.stamp"
    if not begun.exists() or (stamp.exists() and stamp.stat().st_mtime_ns >= begun.stat().st_mtime_ns):
        return None
    build = output / Path(begun.read_text(encoding="utf-8").strip()).name / "build.json"
    return build.parent if build.exists() and read_json(build).get("model_sha256") == model_sha256 else None


def publish(
    data: Path,
    slug: str,
    word: str,
    title: str,
    options: dict[str, str],
    datasets: list[str],
    licences: dict[str, str],
    now: datetime | None = None,
) -> Path:
    """Write output/STAMP-SLUG-N-STEPS and point output/SLUG at it; return the directory. ValueError: why it is
    refused."""
    from scripts.model import manifest
    from scripts.publish import provenance, report

    work, output = data / "work" / slug, data / "output"
    model, metrics_path = work / "model" / "model.tflite", work / "evaluation" / "metrics.json"
    device = passed_gate(model, work / "model" / "device.json")
    if not metrics_path.exists():
        raise ValueError(f"{metrics_path} is missing: without it no cutoff and no window are known. Run: make evaluate")
    metrics = read_json(metrics_path)
    if missing := [key for key in ("probability_cutoff", "sliding_window_size") if key not in metrics]:
        raise ValueError(f"{metrics_path} has no {' and no '.join(missing)}")
    wanted = manifest.build(
        title or manifest.make_title(word),
        f"{slug}.tflite",
        metrics["probability_cutoff"],
        metrics["sliding_window_size"],
        device["arena_declared"],
        [options.get("LANGUAGE", "en").split("-")[0]],
    )
    build = provenance.collect(data, slug, word, wanted["wake_word"], options, datasets, licences)

    now = now or datetime.now(UTC)
    while (target := output / directory_name(now, slug, options)).exists():  # never on top of an earlier publication
        now += timedelta(seconds=1)
    build["published"] = now.isoformat(timespec="seconds")
    build["model_sha256"] = sha256(model)
    target = unfinished(output, work, build["model_sha256"]) or target
    (work / BEGUN).write_text(target.name + "\n", encoding="utf-8")
    clear_leftovers(output, slug)
    with publishing(target, directory=True) as part:
        shutil.copyfile(model, part / f"{slug}.tflite")
        manifest.write(part / f"{slug}.json", wanted)
        write_json(part / "build.json", build)
        for source, name in (
            (metrics_path, "metrics.json"),
            (work / "model" / "device.json", "device.json"),
            (work / "samples" / "phrases.json", "phrases.json"),
        ):
            if source.exists():
                shutil.copyfile(source, part / name)
        if (log := work / "model.log").exists():
            (part / "training.log").write_text(
                without_repeats(log.read_text(encoding="utf-8", errors="replace")), encoding="utf-8"
            )
        if (tensorboard := work / "model" / "tensorboard").is_dir():
            shutil.copytree(tensorboard, part / "tensorboard")
        report.write(part, slug, report.clips_of(work, build["model_sha256"]))
    point(output / slug, target)
    return target


def parse_pairs(given: list[str]) -> dict[str, str]:
    """["SAMPLES=20000"] -> {"SAMPLES": "20000"}; ValueError where there is no "="."""
    if wrong := [pair for pair in given if "=" not in pair]:
        raise ValueError(f"expected KEY=VALUE, got {wrong[0]!r}")
    return dict(pair.split("=", 1) for pair in given)


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description="Publish a trained word below DATA/output.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's directory name")
    parser.add_argument(
        "--option", action="append", default=[], metavar="KEY=VALUE", help="a setting of this build, repeatable"
    )
    parser.add_argument("--datasets", nargs="*", default=[], metavar="NAME", help="the datasets it was made from")
    parser.add_argument(
        "--licence", action="append", default=[], metavar="NAME=TEXT", help="the licence of a dataset, repeatable"
    )
    args = parser.parse_args(argv)
    word = os.environ.get("WORD", "")
    if not word:
        raise SystemExit('publish: WORD is not in the environment. Run it through make: make train WORD="hey buster."')
    try:
        target = publish(
            args.data,
            args.slug,
            word,
            os.environ.get("TITLE", ""),
            parse_pairs(args.option),
            args.datasets,
            parse_pairs(args.licence),
        )
    except ValueError as error:
        raise SystemExit(f"publish: {args.slug} is not published: {error}") from None
    print(f"published: {target}, and {args.data / 'output' / args.slug} points at it")


if __name__ == "__main__":
    main()
