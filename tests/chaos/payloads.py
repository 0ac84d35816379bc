"""Texts that want to be run as scripts. Every one calls `x()`, which the test's page defines."""

from __future__ import annotations

_OUT = ("", '">', "'>", "</script>", "</textarea>", "</title>", "-->")
_RUN = (
    "<script>x()</script>", "<img src=x onerror=x()>", "<svg onload=x()>", "<details open ontoggle=x()>",
    "<input autofocus onfocus=x()>", "<iframe srcdoc='<script>parent.x()</script>'>",
)  # fmt: skip
_OTHER = (
    '" onfocus=x() autofocus x="', "' onmouseover=x() '", "';x();//", '"-x()-"', '\\";x();//', "`-x()-`",
    "javascript:x()", "{{constructor.constructor('x()')()}}", "${x()}", "&lt;script&gt;x()&lt;/script&gt;",
    "&#x3C;img src=x onerror=x()&#x3E;", "\\u003cscript\\u003ex()\\u003c/script\\u003e",
    "<a href=javascript:x()>x</a>", "<b hx-on:load=x() hx-trigger=load hx-get=/>", "<body onload=x()>",
    "<video><source onerror=x()></video>", "<math href=javascript:x()>x</math>", "]]><script>x()</script>",
)  # fmt: skip

# The plain ones first, so that a few of them already differ in kind.
PAYLOADS: tuple[str, ...] = (
    *(f"{out}{run}" for out, run in zip(_OUT, (*_RUN, _RUN[0]), strict=True)),
    *_OTHER[:3],
    *(f"{out}{run}" for number, out in enumerate(_OUT) for run in _RUN if run != (*_RUN, _RUN[0])[number]),
    *_OTHER[3:],
)


def fitting(payloads: tuple[str, ...], most: int, first: int) -> str:
    """As many of the payloads as fit into `most` characters, from the `first` on."""
    found = ""
    for number in range(len(payloads)):
        one = payloads[(first + number) % len(payloads)]
        if len(found) + len(one) <= most:
            found += one
    return found
