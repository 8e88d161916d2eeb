"""Write the report of a word's newest published model again, and say where it is.

    python -m scripts.publish.report --data data --slug hey_buster

Publishing writes report.html with the model. Written again, it takes its clips from the word's work; if the work is gone
or belongs to another model, an existing report stays as it is.
"""

from scripts.core.files import read_json
from scripts.publish.newest import parse_newest, show_path


def main(argv: list[str] | None = None) -> None:
    newest = parse_newest("Write the report of a word's newest published model again, and say where it is.", argv)

    from scripts.publish.report_page import find_clips, write_report

    report = newest.directory / "report.html"
    clips = find_clips(newest.work, read_json(newest.directory / "build.json").get("model_sha256"))
    if clips is None and report.exists():
        print("The work of this model is gone, and with it the clips to listen to: the report stays as it was made.")
    else:
        if clips is None:
            print("The work of this model is gone: the report has no clips to listen to.")
        write_report(newest.directory.resolve(), newest.slug, clips)
    print(f"report: {show_path(report)}")


if __name__ == "__main__":
    main()
