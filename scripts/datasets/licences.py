"""List the packages, licences and full licence texts of datasets, and of models that training begins with.

    python -m scripts.datasets.licences --datasets data/datasets --name noise_keyboard \\
        --licence "noise_keyboard=GPL-2+" [--package pymicro-wakeword] [--json]

The licence's name comes from the dataset table, packages and checksums from fetched.json, the texts from the packages
themselves (the conversion copies them, so they stay when raw/ and archive/ are deleted).
"""

import argparse
import json
import re
from importlib import metadata
from pathlib import Path

from scripts.core import files
from scripts.core.damaged import DamagedError, reading

# Debian keeps it in usr/share/doc/NAME/copyright, a wheel in NAME.dist-info[/licenses], an npm package at its top.
NOTICE = re.compile(
    r"usr/share/doc/[^/]+/copyright$|\.dist-info/(licenses/)?(licen[cs]e|copying|notice|metadata)[^/]*$"
    r"|^(package/)?(licen[cs]e|copying|notice|package\.json)[^/]*$",
    re.IGNORECASE,
)


def find_notices(package: Path) -> list[Path]:
    """The files of an extracted package that state its licence, sorted."""
    return sorted(
        path for path in package.rglob("*") if path.is_file() and NOTICE.search(path.relative_to(package).as_posix())
    )


def describe_dataset(dataset: Path, licence: str) -> dict:
    """{"name", "licence", "packages": [...], "notices": [paths]} of the dataset in directory `dataset`.

    DamagedError if its fetched.json cannot be read.
    """
    records = [
        path
        for path in (dataset / "archive/fetched.json", dataset / "raw/fetched.json", *dataset.glob("*/fetched.json"))
        if path.exists()
    ]
    notices = sorted(dataset.glob("*/copyright/*"))
    raw = dataset / "raw"
    if not notices and raw.is_dir():
        notices = [notice for package in sorted(raw.iterdir()) if package.is_dir() for notice in find_notices(package)]
    return {
        "name": dataset.name,
        "licence": licence,
        "packages": files.read_json(records[0]) if records else [],
        "notices": [str(path) for path in notices],
    }


def list_dataset(dataset: Path, licence: str) -> dict:
    """describe_dataset() for a list that one damaged dataset must not end: its `damaged` is the error's sentence."""
    try:
        description = describe_dataset(dataset, licence)
        with reading(dataset / "fetched.json"):
            for package in description["packages"]:
                package["source"], package["sha256"], package["pinned"]
        return description
    except DamagedError as error:
        return {"name": dataset.name, "licence": licence, "packages": [], "notices": [], "damaged": str(error)}


def describe_package(name: str) -> dict:
    """The same of an installed package with models that training begins with, by the package's own metadata."""
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        stated = "stated in the package, which comes with the environment (make venv)"
        return {"name": name, "licence": stated, "packages": [], "notices": []}
    fields = package.metadata.json
    classifiers = [
        classifier.split(" :: ")[-1]
        for classifier in package.metadata.get_all("Classifier", [])
        if classifier.startswith("License :: ")
    ]
    return {
        "name": f"{name} {package.version}",
        "licence": fields.get("license_expression") or fields.get("license") or ", ".join(classifiers) or "not stated",
        "packages": [],
        "notices": sorted(
            str(package.locate_file(path))
            for path in package.files or []
            if NOTICE.search(str(path)) and path.stem != "METADATA"
        ),
    }


def is_noncommercial(licence: str) -> bool:
    """Whether a licence's name forbids commercial use.

    >>> is_noncommercial("CC-BY-NC-4.0"), is_noncommercial("GPL-2+")
    (True, False)
    """
    return re.search(r"\bNC\b|non-?commercial", licence, re.IGNORECASE) is not None


def parse_licences(pairs: list[str]) -> dict[str, str]:
    """NAME=TEXT pairs as a dictionary. ValueError without a name or text.

    >>> parse_licences(["a=GPL-2"])
    {'a': 'GPL-2'}
    """
    licences = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if not name or not text:
            raise ValueError(f"--licence {pair!r}: expected NAME=TEXT")
        licences[name] = text
    return licences


def print_description(description: dict) -> None:
    warning = "  ** not for commercial use **" if is_noncommercial(description["licence"]) else ""
    print(f"{description['name']}: {description['licence']}{warning}")
    for package in description["packages"]:
        remark = "" if package["pinned"] else "  (as it came the first time)"
        print(f"    {package['source']}  sha256 {package['sha256']}{remark}")
    for notice in description["notices"]:
        print(f"    full text: {notice}")
    if "damaged" in description:
        print(f"    {description['damaged']}")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--datasets", required=True, type=Path, help="directory that holds a directory for each dataset"
    )
    parser.add_argument("--name", required=True, nargs="+", action="extend", help="the datasets, by name")
    parser.add_argument("--licence", action="append", default=[], metavar="NAME=TEXT", help="licence of one dataset")
    parser.add_argument(
        "--package", action="append", default=[], help="an installed package that training begins with, repeatable"
    )
    parser.add_argument("--json", action="store_true", help="as JSON, for programs")
    args = parser.parse_args(argv)
    try:
        licences = parse_licences(args.licence)
    except ValueError as error:
        raise SystemExit(f"{error}.") from error
    descriptions = [list_dataset(args.datasets / name, licences.get(name, "not stated")) for name in args.name]
    descriptions += [describe_package(name) for name in args.package]
    if args.json:
        print(json.dumps(descriptions, indent=2, ensure_ascii=False))
        return
    for description in descriptions:
        print_description(description)


if __name__ == "__main__":
    main()
