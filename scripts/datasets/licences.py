"""Say what the chosen datasets, and models that training begins with, are made of: packages, licences and their full
texts.

    python -m scripts.datasets.licences --datasets data/datasets --name noise_keyboard --licence "noise_keyboard=GPL-2+" \
        [--package pymicro-wakeword] [--json]

The licence's name comes from the dataset table, packages and checksums from fetched.json, the texts from the packages
themselves (copied along by the conversion, so they stay when raw/ and archive/ are deleted).
"""

import argparse
import json
import re
from pathlib import Path

from scripts.core import files
from scripts.core.damaged import DamagedError, noticed

# Debian keeps it in usr/share/doc/NAME/copyright, a wheel in NAME.dist-info[/licenses], an npm package at its top.
_NOTICE = re.compile(
    r"usr/share/doc/[^/]+/copyright$|\.dist-info/(licenses/)?(licen[cs]e|copying|notice|metadata)[^/]*$"
    r"|^(package/)?(licen[cs]e|copying|notice|package\.json)[^/]*$",
    re.IGNORECASE,
)


def notices(package: Path) -> list[Path]:
    """The files in an extracted package that say what its licence is, sorted."""
    return sorted(
        path for path in package.rglob("*") if path.is_file() and _NOTICE.search(path.relative_to(package).as_posix())
    )


def describe_dataset(dataset: Path, licence: str) -> dict:
    """{"name", "licence", "packages": [...], "notices": [paths]} of the dataset in directory `dataset`."""
    fetched = [
        path
        for path in (dataset / "archive/fetched.json", dataset / "raw/fetched.json", *dataset.glob("*/fetched.json"))
        if path.exists()
    ]
    converted = sorted(dataset.glob("*/copyright/*"))
    raw = dataset / "raw"
    extracted = (
        [notice for package in sorted(raw.iterdir()) if package.is_dir() for notice in notices(package)]
        if raw.is_dir()
        else []
    )
    return {
        "name": dataset.name,
        "licence": licence,
        "packages": files.read_json(fetched[0]) if fetched else [],
        "notices": [str(path) for path in converted or extracted],
    }


def told(dataset: Path, licence: str) -> dict:
    """The same for a listing, which one damaged dataset does not end: of that, `damaged` says what is wrong."""
    try:
        about = describe_dataset(dataset, licence)
        with noticed(dataset / "fetched.json"):
            for package in about["packages"]:
                package["source"], package["sha256"], package["pinned"]
        return about
    except DamagedError as error:
        return {"name": dataset.name, "licence": licence, "packages": [], "notices": [], "damaged": str(error)}


def describe_package(name: str) -> dict:
    """The same of an installed package with models that a training begins with: what it says of itself."""
    from importlib import metadata

    package = metadata.distribution(name)
    said = [
        line.split(" :: ")[-1] for line in package.metadata.get_all("Classifier", []) if line.startswith("License :: ")
    ]
    licence = (
        package.metadata.get("License-Expression") or package.metadata.get("License") or ", ".join(said) or "not stated"
    )
    return {
        "name": f"{name} {package.version}",
        "licence": licence,
        "packages": [],
        "notices": sorted(
            str(package.locate_file(path))
            for path in package.files or []
            if _NOTICE.search(str(path)) and path.stem != "METADATA"
        ),
    }


def is_noncommercial(licence: str) -> bool:
    """Whether a licence's name forbids commercial use (CC-BY-NC and its like)."""
    return re.search(r"\bNC\b|non-?commercial", licence, re.IGNORECASE) is not None


def parse(pairs: list[str]) -> dict[str, str]:
    """["a=GPL-2", ...] as {"a": "GPL-2", ...}. Raises ValueError without a name or text."""
    licences = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if not name or not text:
            raise ValueError(f"--licence {pair!r}: expected NAME=TEXT")
        licences[name] = text
    return licences


def main(argv=None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--datasets", required=True, type=Path, help="directory that holds a directory for each dataset"
    )
    parser.add_argument("--name", required=True, nargs="+", action="extend", help="the datasets, by name")
    parser.add_argument("--licence", action="append", default=[], metavar="NAME=TEXT", help="licence of one dataset")
    parser.add_argument(
        "--package", action="append", default=[], help="an installed package that training begins with, repeatable"
    )
    parser.add_argument("--json", action="store_true", help="the same for programs")
    options = parser.parse_args(argv)
    try:
        licences = parse(options.licence)
    except ValueError as error:
        raise SystemExit(f"{error}.") from error
    found = [told(options.datasets / name, licences.get(name, "not stated")) for name in options.name]
    found += [describe_package(name) for name in options.package]
    if options.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for dataset in found:
        print(
            f"{dataset['name']}: {dataset['licence']}"
            + ("  ** not for commercial use **" if is_noncommercial(dataset["licence"]) else "")
        )
        for package in dataset["packages"]:
            trusted = "" if package["pinned"] else "  (as it came the first time)"
            print(f"    {package['source']}  sha256 {package['sha256']}{trusted}")
        for notice in dataset["notices"]:
            print(f"    full text: {notice}")
        if "damaged" in dataset:
            print(f"    {dataset['damaged']}")


if __name__ == "__main__":
    main()
