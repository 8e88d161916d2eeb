"""What to write and copy so that a device uses a published model.

device = describe_device(model.published, cutoff=0.9, address="http://127.0.0.1:8760/hey_buster.json")
pack(model.published, cutoff=0.9)               # a zip with the model, its manifest and the configurations
"""

import io
import zipfile
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from scripts.core.files import sha256
from scripts.live.published import Published

TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("yaml")), undefined=StrictUndefined, keep_trailing_newline=True
)
READY, OWN = "ready-device.yaml", "own-board.yaml"


def write_yaml(name: str, published: Published, cutoff: float, address: str = "") -> str:
    """A configuration for ESPHome (READY or OWN), with the model as a file beside it or at an address."""
    model = address or f"{published.slug}.json"
    return TEMPLATES.get_template(name).render(model=model, id=published.slug, cutoff=f"{100 * cutoff:g}%")


def list_files(published: Published) -> list[tuple[str, str]]:
    """(name, sha256) of the two files that go to a device."""
    return [(path.name, sha256(path)) for path in (published.directory / f"{published.slug}.json", published.model)]


def pack(published: Published, cutoff: float) -> bytes:
    """A zip of the two files and both configurations."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, _ in list_files(published):
            archive.write(published.directory / name, name)
        for name in (READY, OWN):
            archive.writestr(name, write_yaml(name, published, cutoff))
    return packed.getvalue()
