"""Delete a user's recordings of a word, and everything that was made of them.

    python -m scripts.tools.forget --data data --slug hey_buster

That is DATA_DIR/recordings/SLUG, the spectrograms, the model in work if it was trained with them, and published models
that were. A published model without them stays, and the link to the newest then points at the newest of those.
"""

import argparse
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Delete a user's recordings of a word, and what was made of them.")
    parser.add_argument("--data", type=Path, required=True, help="DATA_DIR")
    parser.add_argument("--slug", required=True, help="the word's name in paths")
    args = parser.parse_args(argv)

    from scripts.core.files import read_json, remove
    from scripts.publish.publication import point_link

    work, output = args.data / "work" / args.slug, args.data / "output"
    chosen = [args.data / "recordings" / args.slug]
    if list(work.glob("recordings.*")):
        names = ("recordings", "model", "evaluation", "examples", "comparison")
        chosen += [path for name in (*names, "export", "published") for path in (work / name, *work.glob(f"{name}.*"))]
    published = {
        build.parent: read_json(build, dict).get("options", {}).get("MY_RECORDINGS") == "on"
        for build in sorted(output.glob(f"*-{args.slug}-*/build.json"))
    }
    chosen += [path for path, own in published.items() if own]
    deleted = [path for path in chosen if path.exists()]
    for path in deleted:
        remove(path)
        print(f"deleted {path}")
    link, others = output / args.slug, [path for path, own in published.items() if not own]
    if link.is_symlink() and not link.exists():
        if others:
            point_link(link, others[-1])
            print(f"{link} points at {others[-1].name}, which was trained without them")
        else:
            link.unlink()
            print(f"deleted {link}: no model is left that was trained without them")
    if not deleted:
        print(f"There are no recordings of {args.slug} in {args.data}, and nothing was made of any.")


if __name__ == "__main__":
    main()
