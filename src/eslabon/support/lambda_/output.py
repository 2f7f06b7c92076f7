"""What a function's code writes, by print or by logging, as the events of its log."""

from __future__ import annotations

import io
import logging
from datetime import UTC, datetime

from eslabon.clock import Clock


def iso(seconds: float) -> str:
    """A moment (seconds since 1970) as Lambda writes it in logs.

    >>> iso(1767225600.25)
    '2026-01-01T00:00:00.250Z'
    """
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


class Output(io.TextIOBase):
    """Standard output and error: lines, each with its time in milliseconds since 1970."""

    def __init__(self, clock: Clock, request_id: str) -> None:
        self.clock = clock
        self.request_id = request_id
        self.lines: list[tuple[int, str]] = []
        self._unfinished = ""

    def event(self, text: str) -> None:
        r"""Write one log event, however many lines it has; what UTF-8 cannot hold becomes a question mark.

        >>> output = Output(Clock(), "8f507cfc")
        >>> output.event("two\nlines \ud800")
        >>> output.lines
        [(1767225600000, 'two\nlines ?')]
        """
        self.lines.append((int(self.clock.now * 1000), text.encode(errors="replace").decode()))

    def write(self, text: str) -> int:
        r"""Take what print() writes: each whole line is a log event. Raises UnicodeEncodeError, as standard output.

        >>> output = Output(Clock(), "8f507cfc")
        >>> output.write("one\ntw"), output.write("o\n")
        (6, 2)
        >>> [line for _, line in output.lines]
        ['one\n', 'two\n']
        >>> output.write("\ud800")
        Traceback (most recent call last):
        UnicodeEncodeError: 'utf-8' codec can't encode character '\ud800' in position 0: surrogates not allowed
        """
        text.encode()
        *whole, self._unfinished = (self._unfinished + text).split("\n")
        for line in whole:
            self.event(f"{line}\n")
        return len(text)

    def finish(self) -> None:
        """Write the line that print(…, end="") left unfinished.

        >>> output = Output(Clock(), "8f507cfc")
        >>> print("done", end="", file=output); output.finish()
        >>> output.lines
        [(1767225600000, 'done')]
        """
        if self._unfinished:
            self.event(self._unfinished)
            self._unfinished = ""


class LogHandler(logging.Handler):
    """What Lambda's Python runtime puts on the root logger: [LEVEL], time, request id and message, with tabs."""

    output: Output  # of the invocation that runs

    def emit(self, record: logging.LogRecord) -> None:
        r"""Write a record as one log event.

        >>> handler = LogHandler()
        >>> handler.output = Output(Clock(), "8f507cfc")
        >>> handler.emit(logging.makeLogRecord({"levelname": "ERROR", "msg": "no id"}))
        >>> handler.output.lines
        [(1767225600000, '[ERROR]\t2026-01-01T00:00:00.000Z\t8f507cfc\tno id\n')]
        """
        output = self.output
        output.event(f"[{record.levelname}]\t{iso(output.clock.now)}\t{output.request_id}\t{self.format(record)}\n")
