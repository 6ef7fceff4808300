"""Tickets read as a door and a visitor do it, by other libraries than the program's: QR codes by ZXing, PDF by PDFium, SVG by resvg, signatures
by libsodium's Python."""

import base64
import io
import json

import numpy
import pypdfium2
import resvg_py
import zxingcpp
from nacl.signing import VerifyKey
from PIL import Image

from harness.door import ok


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verified(code, keys):
    """The payload of a ticket code, held against the public keys as GET /api/ticket-keys tells them."""
    form, key_id, payload, signature = code.split(".")
    assert form == "TQ1"
    key = next(k for k in keys if k["keyId"] == key_id)
    VerifyKey(unpadded(key["publicKey"])).verify(f"{form}.{key_id}.{payload}".encode(), unpadded(signature))
    return json.loads(unpadded(payload))


def scanned(picture):
    """The texts of the QR codes in a picture, from its top."""
    found = zxingcpp.read_barcodes(numpy.ascontiguousarray(picture))
    assert all(code.format == zxingcpp.BarcodeFormat.QRCode for code in found)
    return [code.text for code in sorted(found, key=lambda code: code.position.top_left.y)]


def pdf_pages(body):
    """(width and height in mm, text, QR codes) of each page."""
    pages = []
    for page in pypdfium2.PdfDocument(body):
        size = [side / 72 * 25.4 for side in page.get_size()]
        picture = page.render(scale=3).to_numpy()[:, :, :3]
        pages.append((size, page.get_textpage().get_text_range(), scanned(picture)))
    return pages


def svg_codes(body):
    """QR codes of a picture, as they are drawn."""
    png = bytes(resvg_py.svg_to_bytes(svg_string=body, dpi=200))
    return scanned(numpy.asarray(Image.open(io.BytesIO(png)).convert("RGB")))


def bought(m, seats=2, **more):
    """A paid reservation with its showing under "showing", and its tickets under "tickets"."""
    showing = m.make_showing(**more)
    made = m.book(showing, seats)
    m.pay(made)
    return made | {"showing": showing, "tickets": tickets(m, made)["tickets"]}


def tickets(m, made):
    return ok(m.reservations.get(f"/api/reservations/{made['id']}/tickets", params={"code": made["accessCode"]}))


def scan(m, code, where="Door 1", headers=None, at_owner=False, **more):
    """What a door gets for a code."""
    door = m.reservations if at_owner else m.gateway
    return door.post("/api/checkins", json={"ticketCode": code, "where": where} | more, headers=headers)
