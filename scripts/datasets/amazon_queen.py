"""The spoken lines that a game keeps in one file of its own.

    count = unpack_talk(Path("raw/flight-of-the-amazon-queen"))     # talk/020001P2.mp3 and so on

Known is the resource file of "Flight of the Amazon Queen" as ScummVM plays it, queen.1c (its layout: ScummVM,
engines/queen/ resource.cpp): "QTBL", a version of 6 bytes, two bytes of features, the compression (1: MP3), the number
of entries as 2 bytes, and for each entry a name of 12 bytes, a byte, the offset and the size of the data as 4 bytes,
big endian. What ends in .SB is a line of speech.
"""

import struct
from pathlib import Path

HEADER, ENTRY = struct.Struct(">4s6s2sBH"), struct.Struct(">12sBII")
MP3 = 1


def unpack_talk(tree: Path) -> int:
    """Write the lines of every queen.1c below `tree` to tree/talk and delete the file; return how many there were.

    Raises ValueError if the file is not what it should be.
    """
    lines = 0
    for path in sorted(tree.rglob("queen.1c")):
        data = path.read_bytes()
        if len(data) < HEADER.size:
            raise ValueError(f"{path.name} has {len(data)} bytes, fewer than its header")
        magic, _, _, compression, entries = HEADER.unpack_from(data)
        if magic != b"QTBL" or compression != MP3:
            raise ValueError(f"{path.name} is not a talkie compressed to MP3: it begins with {data[:15]!r}")
        (tree / "talk").mkdir(exist_ok=True)
        for number in range(entries):
            name, _, start, size = ENTRY.unpack_from(data, HEADER.size + number * ENTRY.size)
            stem, _, suffix = name.rstrip(b"\0").decode("ascii").partition(".")
            if suffix != "SB":
                continue
            if not stem.replace("_", "").isalnum() or start + size > len(data):
                raise ValueError(f"{path.name}: entry {number} ({stem!r}) leads outside the file")
            (tree / "talk" / f"{stem}.mp3").write_bytes(data[start : start + size])
            lines += 1
        path.unlink()
    return lines
