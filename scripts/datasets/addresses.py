"""Where an address leads on this machine: the mirrors its user names, and the token that only its own host may see.

    resolve("https://huggingface.co/datasets/a/b/resolve/main/c.zip")    # the same, or below HF_ENDPOINT

HF_ENDPOINT stands in for https://huggingface.co and HF_TOKEN is sent there and nowhere else, both as in Hugging Face's
own tools. WAKEMAKE_MIRRORS names mirrors of any address, "PREFIX=MIRROR PREFIX=MIRROR ...", which are asked before the
address itself.
"""

import os
import re
from urllib.parse import unquote, urlsplit

HUGGING_FACE = "https://huggingface.co"
# The address at which a browser shows a folder of a dataset; it stands for all files in it (trees.py).
TREE = re.compile(
    rf"{re.escape(HUGGING_FACE)}/datasets/(?P<owner>[^/]+)/(?P<name>[^/]+)/tree/(?P<revision>[^/]+)/(?P<folder>.+)"
)


def endpoint() -> str:
    """Hugging Face, or what stands in for it."""
    return (os.environ.get("HF_ENDPOINT") or HUGGING_FACE).rstrip("/")


def ways(address: str) -> list[str]:
    """Where to ask for `address` here, in this order: its user's mirrors, and the address itself (or HF_ENDPOINT's)."""

    def moved(prefix: str, instead: str) -> list[str]:
        prefix = prefix.rstrip("/")
        below = address == prefix or address.startswith(prefix + "/")
        return [instead.rstrip("/") + address[len(prefix) :]] if instead and below else []

    pairs = [pair.partition("=")[::2] for pair in os.environ.get("WAKEMAKE_MIRRORS", "").split()]
    return [*(mirror for pair in pairs for mirror in moved(*pair)), *(moved(HUGGING_FACE, endpoint()) or [address])]


def resolve(address: str) -> str:
    """`address` as it is to be asked for here first."""
    return ways(address)[0]


def token_for(url: str) -> str | None:
    """HF_TOKEN, if `url` is on the host it is meant for."""
    return os.environ.get("HF_TOKEN") or None if urlsplit(url)[:2] == urlsplit(endpoint())[:2] else None


def alternatives(source: str) -> list[list[str]]:
    """A source of the dataset table, "a|b,c": the address a, or else both b and c."""
    return [alternative.split(",") for alternative in source.split("|")]


def is_web(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def file_name(address: str) -> str:
    """The last part of an address' path, made safe; for a folder, the archive it is packed into."""
    if tree := TREE.fullmatch(address):
        return _safe(f"{tree['name']}-{tree['folder']}.tar")
    return _safe(unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]) or "download"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.+~-]", "_", name)


def patterns(address: str) -> list[str]:
    """The names that a file of `address` can have, as for fnmatch: pip's own, or the address' last part.

    A Debian package may also be called as apt-get does, which writes the epoch of its version too:
    NAME_4%3aVERSION_all.deb.
    """
    kind, _, rest = address.partition(":")
    if kind == "pypi":
        name, _, version = rest.partition("==")
        return [f"{re.sub(r'[-_.]+', '_', name)}-{version}-*.whl", f"{name}-{version}-*.whl"]
    name = file_name(address)
    return [name, name.replace("_", "_[0-9]%3a", 1)] if name.endswith(".deb") else [name]
