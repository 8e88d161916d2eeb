"""Serve a page on which a published model listens through the browser's microphone.

    python -m scripts.live.serve --data data --slug hey_buster          # then open the address it prints

The page sends the microphone's sound to this process in chunks and gets the inferences back. Nothing is written to disk
but the clips that the user keeps. WAKEMAKE_SERVED_AT is the address at which a container's page is reached.
"""

from scripts.live.published import PORT, build_parser, find_published, read_cutoff_option


def main(argv=None) -> None:
    parser = build_parser("Serve a page on which a published model listens through the browser's microphone.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; any but the loopback one needs the token it prints"
    )
    parser.add_argument("--port", type=int, default=PORT, help="0: any free one")
    args = parser.parse_args(argv)
    published, cutoff = find_published(args.data, args.slug, args.word), read_cutoff_option(args.cutoff)
    from scripts.live.app import make_app
    from scripts.live.server import run_server
    from scripts.live.streaming import StreamingDetector

    StreamingDetector(published)  # a model that does not load is reported before the page is opened
    app = make_app(published, args.data / "recordings" / args.slug, cutoff)
    run_server(app, args.host, args.port, f'"{published.title}" listens in your browser: open')


if __name__ == "__main__":
    main()
