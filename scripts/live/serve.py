"""Serve a page on which a published model listens through the browser's microphone.

    python -m scripts.live.serve --data data --slug hey_buster          # then open the address it prints

The page sends the microphone's sound to this process in chunks and gets the inferences back. Nothing is written to disk
but the clips that the user keeps. WAKEMAKE_SERVED_AT is the address at which a container's page is reached.
"""

import os

from scripts.live.published import LOOPBACK, PORT, build_parser, find_published, read_cutoff_option


def advise_on_microphones(name: str, port: int, base: str) -> str:
    """What to type where, for a page that other machines may open."""
    return (
        "Everybody who has this address can use the model and keep clips on this machine. Browsers give their microphone only to https\n"
        f"and to their own machine: on another one, type ssh -L {port}:localhost:{port} {name} there, and open\n"
        f"http://localhost:{port}{base}"
    )


def main(argv=None) -> None:
    parser = build_parser("Serve a page on which a published model listens through the browser's microphone.")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at; any but the loopback one needs the token it prints"
    )
    parser.add_argument("--port", type=int, default=PORT, help="0: any free one")
    args = parser.parse_args(argv)
    published, cutoff = find_published(args.data, args.slug, args.word), read_cutoff_option(args.cutoff)
    from scripts.live.server import Server
    from scripts.live.streaming import StreamingDetector

    StreamingDetector(published)  # a model that does not load is reported before the page is opened
    recordings, served_at = args.data / "recordings" / args.slug, os.environ.get("WAKEMAKE_SERVED_AT", "")
    try:
        server = Server(published, recordings, args.host, args.port, cutoff, served_at)
    except OSError as error:
        raise SystemExit(
            f"Nothing can listen at {args.host}:{args.port}: {error.strerror or error}. Another port: PORT={args.port + 1}"
        ) from None
    print(f'"{published.title}" listens in your browser: open {server.url}\nCtrl-C ends it.', flush=True)
    if server.name not in LOOPBACK:
        print(advise_on_microphones(server.name, server.server_address[1], server.base), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        server.server_close()


if __name__ == "__main__":
    main()
