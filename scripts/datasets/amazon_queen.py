"""The speech of the game "Flight of the Amazon Queen", which keeps all its lines in one resource file.

    count = unpack_speech(Path("raw/flight-of-the-amazon-queen"))     # talk/020001P2.mp3 and so on

The file is queen.1c in the layout of ScummVM (engines/queen/resource.cpp), big endian: "QTBL", a version of 6 bytes, two
bytes of features, the compression (1: MP3), the number of entries as 2 bytes, and for each entry a name of 12 bytes, a
byte, the offset and the size of its content as 4 bytes. Entries named *.SB are speech.
"""

import struct
from pathlib import Path

HEADER, ENTRY = struct.Struct(">4s6s2sBH"), struct.Struct(">12sBII")
MP3 = 1


def unpack_speech(package: Path) -> int:
    """Write the lines of every queen.1c below `package` to package/talk and delete that file; return their number.

    ValueError if the file is not what it should be.
    """
    lines = 0
    for path in sorted(package.rglob("queen.1c")):
        content = path.read_bytes()
        if len(content) < HEADER.size:
            raise ValueError(f"{path.name} has {len(content)} bytes, fewer than its header")
        magic, _, _, compression, entries = HEADER.unpack_from(content)
        if magic != b"QTBL" or compression != MP3:
            raise ValueError(f"{path.name} is not a talkie compressed to MP3: it begins with {content[:15]!r}")
        if HEADER.size + entries * ENTRY.size > len(content):
            raise ValueError(f"{path.name} is cut short: its table of {entries} entries is not complete")
        (package / "talk").mkdir(exist_ok=True)
        for number in range(entries):
            name, _, start, size = ENTRY.unpack_from(content, HEADER.size + number * ENTRY.size)
            stem, _, suffix = name.rstrip(b"\0").decode("ascii").partition(".")
            if suffix != "SB":
                continue
            if not stem.replace("_", "").isalnum() or start + size > len(content):
                raise ValueError(f"{path.name}: entry {number} ({stem!r}) leads outside the file")
            (package / "talk" / f"{stem}.mp3").write_bytes(content[start : start + size])
            lines += 1
        path.unlink()
    return lines
