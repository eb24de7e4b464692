"""PDFs written by hand, byte by byte: what no typesetter would make."""

from __future__ import annotations

import zlib


def pdf(pages: list[bytes], box: str = "0 0 612 792", extra: str = "", resources: str = "") -> bytes:
    """A PDF with these content streams, in Helvetica as /F1."""
    kids = " ".join(f"{4 + 2 * i} 0 R" for i in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for i, content in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents {5 + 2 * i} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> {resources} >> {extra} >>".encode()
        )
        packed = zlib.compress(content)
        objects.append(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(packed), packed))
    out, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)


def line(text: str, y: float, size: float = 10, x: float = 72, before: str = "") -> bytes:
    """One line of text; before: operators such as a colour."""
    return f"{before} BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n".encode()


def prose(top: float = 700, lines: int = 30) -> bytes:
    """A title and a page of text."""
    words = "The quick model reads every sentence of the paper and keeps each of them whole for the reviewer"
    return line("A Title in Large Letters", 740, 18) + b"".join(line(words, top - 12 * i) for i in range(lines))


def with_password() -> bytes:
    """A PDF that PDFium refuses without the user's password: its encryption dictionary fits no empty password."""
    whole = pdf([prose()])
    encrypt = b"<< /Filter /Standard /V 1 /R 2 /P -44 /O <" + b"41" * 32 + b"> /U <" + b"42" * 32 + b"> >>"
    return whole.replace(b"trailer <<", b"trailer << /Encrypt " + encrypt + b" /ID [<00><00>]")


def with_characters(page: bytes, codes: dict[str, str]) -> bytes:
    """A page whose font gives other characters for some: codes maps what is drawn to UTF-16 in hexadecimal."""
    rows = "\n".join(f"<{ord(char):02X}> <{code}>" for char, code in codes.items())
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /X def /CMapType 2 def\n"
        "1 begincodespacerange <00> <FF> endcodespacerange\n"
        f"{len(codes)} beginbfchar\n{rows}\nendbfchar\nendcmap end end"
    ).encode()
    whole = pdf([page]).replace(b"/BaseFont /Helvetica", b"/BaseFont /Helvetica /ToUnicode 99 0 R")
    added = b"99 0 obj\n<< /Length %d >>\nstream\n%s\nendstream\nendobj\nxref" % (len(cmap), cmap)
    return whole.replace(b"xref", added, 1)
