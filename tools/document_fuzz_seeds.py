#!/usr/bin/env python3
"""Makes seeds for the fuzz targets of documents from documents: tools/document_fuzz_seeds.py FOLDER OUT [NAME…]

FOLDER holds .hwp (5.0) and .hwpx files, of which the NAMEs are taken, or all; OUT gets a folder for each target, as
fuzz/seeds has. Those of fuzz/seeds are from documents that the tests write:

    build/release/tests/documents_examples /tmp/examples
    tools/document_fuzz_seeds.py /tmp/examples fuzz/seeds letter nested-tables footnotes equations captioned-box \
        sections-and-pages numbering

Needs olefile 0.47.
"""
import pathlib
import sys
import zipfile
import zlib

import olefile


def unpacked(stream):
    try:
        return zlib.decompress(stream, -15)
    except zlib.error:
        return stream  # of a file that is not packed


def write(folder, name, content):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def take_hwp(path, out):
    write(out / "compound_file_fuzz", path.stem, path.read_bytes())
    with olefile.OleFileIO(path) as ole:
        if not ole.exists("BodyText/Section0"):
            return  # a distribution document
        info = unpacked(ole.openstream("DocInfo").read())
        section = unpacked(ole.openstream("BodyText/Section0").read())
    write(out / "hwp_body_fuzz", path.stem, info + b"\xff\xfe\xfd" + section)


def take_hwpx(path, out):
    with zipfile.ZipFile(path) as archive:
        parts = [archive.read("Contents/" + name) for name in ("header.xml", "section0.xml")]
    write(out / "hwpx_body_fuzz", path.stem, b"\0".join(parts))


def main():
    folder, out = (pathlib.Path(a) for a in sys.argv[1:3])
    names = set(sys.argv[3:])
    for path in sorted(folder.iterdir()):
        if names and path.stem not in names:
            continue
        if path.suffix == ".hwp" and olefile.isOleFile(path):
            take_hwp(path, out)
        elif path.suffix == ".hwpx":
            take_hwpx(path, out)


main()
