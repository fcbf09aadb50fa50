"""A package's README as HTML that can do nothing but be read."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt

MAX_BYTES = 512 * 1024
_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "dd", "dl", "dt", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "kbd", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_COMMENT = re.compile(r"^<!--.*?-->[ ]*\n?", re.MULTILINE | re.DOTALL)
_ATTRIBUTES: dict[str, set[str]] = {"a": {"href", "title"}, "code": {"class"}, "td": {"align"}, "th": {"align"}}


def _only_language(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class":
        return value if value.startswith("language-") and " " not in value else None
    return value


@lru_cache(maxsize=64)
def html(markdown: str) -> str:
    """Give the README as HTML: text, lists, tables, code, https links; no images, scripts, forms or comments."""
    parser: Any = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    return nh3.clean(
        parser.render(_COMMENT.sub("", markdown[:MAX_BYTES])),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_language,
        url_schemes={"https"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )
