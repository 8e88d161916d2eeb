"""Where an address leads on this machine: the mirrors its user names, and the token that only its own host may see.

    urls("https://huggingface.co/datasets/a/b/resolve/main/c.zip")    # [the same], or [the same below HF_ENDPOINT]

HF_ENDPOINT replaces https://huggingface.co, and HF_TOKEN is sent there and nowhere else, as in Hugging Face's own
tools. WAKEMAKE_MIRRORS names mirrors of any address, "PREFIX=MIRROR PREFIX=MIRROR ...", which are asked first.
"""

import os
import re
from urllib.parse import unquote, urlsplit

HUGGING_FACE = "https://huggingface.co"
# The page that shows a folder of a Hugging Face dataset, there or at a mirror; as an address it means all its files.
FOLDER = re.compile(
    r"(?P<host>https?://.+)/datasets/(?P<owner>[^/]+)/(?P<name>[^/]+)/tree/(?P<revision>[^/]+)/(?P<folder>.+)"
)


def hugging_face_endpoint() -> str:
    """The base address of Hugging Face, or of its replacement on this machine."""
    return (os.environ.get("HF_ENDPOINT") or HUGGING_FACE).rstrip("/")


def urls(address: str) -> list[str]:
    """The URLs to ask for `address`, in order: the user's mirrors, then the address itself (or its HF_ENDPOINT).

    >>> os.environ["WAKEMAKE_MIRRORS"] = "https://a.example/x=https://b.example"
    >>> urls("https://a.example/x/y.zip")
    ['https://b.example/y.zip', 'https://a.example/x/y.zip']
    >>> del os.environ["WAKEMAKE_MIRRORS"]
    """
    mirrors = [pair.partition("=")[::2] for pair in os.environ.get("WAKEMAKE_MIRRORS", "").split()]
    origin = replace_prefix(address, HUGGING_FACE, hugging_face_endpoint()) or address
    return [url for pair in mirrors if (url := replace_prefix(address, *pair))] + [origin]


def replace_prefix(address: str, prefix: str, replacement: str) -> str | None:
    """`address` with `replacement` for `prefix`; None where it does not lie below `prefix`."""
    prefix = prefix.rstrip("/")
    if not replacement or not (address == prefix or address.startswith(prefix + "/")):
        return None
    return replacement.rstrip("/") + address[len(prefix) :]


def token_for(url: str) -> str | None:
    """HF_TOKEN, if `url` is on the host it is meant for."""
    on_its_host = urlsplit(url)[:2] == urlsplit(hugging_face_endpoint())[:2]
    return os.environ.get("HF_TOKEN") or None if on_its_host else None


def is_web(address: str) -> bool:
    """Whether `address` is asked for over HTTP; otherwise it is pypi:NAME==VERSION."""
    return address.startswith(("http://", "https://"))


def is_folder(address: str) -> bool:
    """Whether `address` is a folder of a Hugging Face dataset."""
    return address.startswith(HUGGING_FACE + "/") and FOLDER.fullmatch(address) is not None


def file_name(address: str) -> str:
    """The name of the file at a web address: the last part of its path; for a folder, its archive's name.

    >>> file_name("https://example.org/a/b%20c.zip?download=true")
    'b_c.zip'
    """
    if is_folder(address) and (folder := FOLDER.fullmatch(address)):
        return _safe(f"{folder['name']}-{folder['folder']}.tar")
    return _safe(unquote(urlsplit(address).path).rstrip("/").rpartition("/")[2]) or "download"


def _safe(name: str) -> str:
    return re.sub(r"[^\w.+~-]", "_", name)


def file_patterns(address: str) -> list[str]:
    """Patterns (as of fnmatch) of the names that a file of `address` may have, the usual one first.

    apt-get writes the epoch of a Debian package's version into the name too: NAME_4%3aVERSION_all.deb.

    >>> file_patterns("pypi:joe-x==1.0")
    ['joe_x-1.0-*.whl', 'joe-x-1.0-*.whl']
    """
    if not is_web(address):
        name, _, version = address.removeprefix("pypi:").partition("==")
        return [f"{re.sub(r'[-_.]+', '_', name)}-{version}-*.whl", f"{name}-{version}-*.whl"]
    name = file_name(address)
    return [name, name.replace("_", "_[0-9]%3a", 1)] if name.endswith(".deb") else [name]
