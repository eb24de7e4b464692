"""Bodies on their way in: multipart written to the disk as it arrives, or JSON. Every bound holds while reading.

Starlette's own form parser is not used: it keeps whole files in the system's temporary folder first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from common.serving.bodies import OrderBody, ReviewBody, shown_name
from common.serving.chain import Order
from common.serving.jobs import Papers, Upload
from common.serving.limits import ServiceLimits
from common.serving.problems import Problem

M = TypeVar("M", bound=BaseModel)
ORDER_BYTES = 2**20
_PLAIN = "text/plain; charset=utf-8"
TYPES = {
    **dict.fromkeys((".md", ".markdown", ".mdown", ".txt", ".text", ".mmd", ".rst", ".xml", ".tei", ".tex"), _PLAIN),
    ".pdf": "application/pdf",
    ".json": "application/json",
}
"""What a paper is given back as. XML as plain text: a browser would run what it refers to."""


async def receive(request: Request, papers: Papers, limits: ServiceLimits) -> tuple[Upload, Order]:
    """The paper, in `incoming/`, and the order. Errors: Problem; whatever arrived is then removed."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind == b"multipart/form-data":
        return await _multipart(request, options.get(b"boundary", b""), papers, limits)
    if kind != b"application/json":
        raise Problem(
            415, "content-type", "A paper is sent as multipart/form-data or application/json.", "curl -F paper=@x.pdf"
        )
    body = await json_body(request, ReviewBody)
    return await run_in_threadpool(_written, body, papers), body.order.order()


def _written(body: ReviewBody, papers: Papers) -> Upload:
    name = shown_name(body.paper.name)
    upload = papers.receive(name, ".json", TYPES[".json"])
    try:
        upload.write(body.paper.file())
    except BaseException:
        upload.discard()
        raise
    return upload


async def json_body(request: Request, model: type[M]) -> M:
    """Errors: Problem 415, 400 for what is no JSON, 422 naming the field."""
    if parse_options_header(request.headers.get("content-type", ""))[0] != b"application/json":
        raise Problem(415, "content-type", "The body must be application/json.")
    data = bytearray()
    async for chunk in request.stream():
        data += chunk  # the guard has bounded how much comes
    return await run_in_threadpool(_parsed, bytes(data), model, "The body")


def _parsed(data: bytes, model: type[M], what: str) -> M:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Problem(400, "json", f"{what} is not valid JSON: {first['msg']}.") from error
        where = ".".join(map(str, first["loc"]))
        raise Problem(422, "field", f"{what}, {where or 'as a whole'}: {first['msg']}.") from error


async def _multipart(request: Request, boundary: bytes, papers: Papers, limits: ServiceLimits) -> tuple[Upload, Order]:
    form = _Form(papers, int(limits.upload_mb * 2**20))
    try:
        parser = form.parser(boundary)
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
        return form.result()
    except (FormParserError, ValueError) as error:
        form.discard()
        raise Problem(
            400, "multipart", "The multipart body is malformed.", "curl -F paper=@x.pdf makes a good one."
        ) from error
    except BaseException:
        form.discard()
        raise


class _Form:
    """Callbacks of the parser: the part `paper` goes into a file, the part `order` into memory."""

    def __init__(self, papers: Papers, most: int) -> None:
        self._papers, self._most = papers, most
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = b"", b""
        self._part = ""
        self._upload: Upload | None = None
        self._order: bytearray | None = None
        self._ended = False

    def parser(self, boundary: bytes) -> MultipartParser:
        if not 0 < len(boundary) <= 70:
            raise Problem(400, "multipart", "The multipart body names no boundary.")
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._header_value,
            "on_header_end": self._header,
            "on_headers_finished": self._opened,
            "on_part_data": self._data,
            "on_end": self._end,
        }
        return MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    def _begin(self) -> None:
        self._headers.clear()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""

    def _opened(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._part = options.get(b"name", b"").decode("utf-8", "replace")
        if self._part == "paper" and self._upload is None:
            name = shown_name(options.get(b"filename", b"").decode("utf-8", "replace"))
            suffix = PurePath(name).suffix.lower()
            suffix = suffix if suffix in TYPES else ""
            self._upload = self._papers.receive(name, suffix, TYPES.get(suffix, "application/octet-stream"))
        elif self._part == "order" and self._order is None:
            self._order = bytearray()
        else:
            raise Problem(422, "part", "A part is there that is not known, or twice.", "The parts: paper, order.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._part == "order" and self._order is not None:
            self._order += data[start:end]
            if len(self._order) > ORDER_BYTES:
                raise Problem(413, "too-large", f"The order has more than {ORDER_BYTES // 2**20} MB.")
        elif self._upload is not None:
            self._upload.write(data[start:end])
            if self._upload.bytes > self._most:
                raise Problem(413, "too-large", f"The paper has more than {self._most / 2**20:g} MB, the limit.")

    def _end(self) -> None:
        self._ended = True

    def result(self) -> tuple[Upload, Order]:
        if not self._ended:
            raise Problem(400, "multipart", "The multipart body ends too early.")
        if self._upload is None or not self._upload.bytes:
            raise Problem(422, "part", "The part `paper` is missing or empty.", "curl -F paper=@x.pdf")
        if self._upload.head == b"%PDF-":
            self._upload.suffix, self._upload.type = ".pdf", TYPES[".pdf"]
        order = OrderBody() if self._order is None else _parsed(bytes(self._order), OrderBody, "The order")
        return self._upload, order.order()

    def discard(self) -> None:
        if self._upload is not None:
            self._upload.discard()
