"""Some two hundred texts of messages that try to do more than name values and choose."""

from collections.abc import Iterator

from services.notifier.domain.stationery import TEXT_CHARACTERS_MAX

EXPRESSIONS = r"""
# ways from a value to what is behind it
order_id.__class__
order_id.__class__.__mro__
order_id['__class__']
order_id[0]
order_id.__init__.__globals__
amount.format
amount.format_map
order_id.encode()
order_id|attr('__class__')
order_id|attr('\x5f\x5fclass\x5f\x5f')
''.__class__
''['__cla' ~ 'ss__']
[].__class__.__base__.__subclasses__()
{}.__class__
().__class__
(1).__class__
1.0.__class__
true.__class__
none.__class__
order_id[1:2]
order_id.x.y.z
amount.__doc__
order_id.__str__()
amount.upper()
amount.__reduce__()
# names that are not given
self
self._TemplateReference__context
config
request
g
session
cycler
joiner
namespace
lipsum
dict
range
range(10**9)
lipsum.__globals__
cycler.__init__.__globals__.os.popen('id').read()
joiner.__init__.__globals__
namespace.__init__.__globals__
url_for.__globals__
get_flashed_messages.__globals__
caller
caller()
varargs
kwargs
loop
loop.index
super()
environment
context
_
__builtins__
__import__('os')
open('/etc/passwd').read()
eval('1')
exec('1')
os
sys
import
email
recipient
recipient.email
stationery
sender
cause_
ORDER_ID
order_id2
self.__init__
undefined
Undefined
# calls
order_id()
amount('x')
(order_id)()
dict(a=1)
lipsum(n=10000)
range(3)
# filters and tests
order_id|upper
order_id|e
order_id|safe
amount|string
amount|list
amount|join
amount|map('upper')|list
amount|select('x')|list
amount|format('x')
'%s'|format(amount)
amount|replace('1', 'x')
amount|center(999999999)
amount|tojson
amount|pprint
amount|xmlattr
amount|urlize
amount|batch(2)|list
amount|groupby('x')
amount|random
amount|wordwrap(1)
amount|indent(999999)
amount|truncate(1)
amount|default('x')
amount|length
amount|sum
amount|sort
amount|unique
amount|items
amount|nothing
amount is defined
amount is string
amount is sameas order_id
amount is iterable
amount is filter('upper')
amount is nothing
# arithmetic that fills memory or time
'x' * 999999999
10 ** 10 ** 10
9 ** 9 ** 9 ** 9
1 / 0
1 % 0
1 // 0
2 + 2
amount + amount
amount ~ amount
amount % order_id
'%999999999d' % 1
-amount
+amount
amount * 99999999
[0] * 99999999
1 - 1
7 * 7
# data of one's own
[1, 2, 3]
{'a': 1}
(1, 2)
[order_id]
{order_id: 1}
[[[[]]]]
# comparisons beyond equality
1 < 2
amount > order_id
'a' in amount
'a' not in amount
1 <= 2
2 >= 1
# what does not even parse
(
)
[
}
'
"
1 +
order_id.
order_id|
order_id if
not
and
order_id order_id
a b c
=
==
!
$
`id`
\
lambda: 1
x := 1
*order_id
**order_id
...
"""
"""Each is put between braces, and most into an `if`."""

LONG = (
    "", "9" * 5_000, "'" + "x" * 5_000, "(" * 3_000 + "1" + ")" * 3_000, "[" * 2_000 + "]" * 2_000,
    "not " * 2_000 + "amount", "amount or " * 900 + "amount",
    "amount if amount else " * 300 + "amount",
)  # fmt: skip

TEXTS = r"""
{% for x in order_id %}{{ x }}{% endfor %}
{% for x in range(99999999) %}x{% endfor %}
{% set x = 1 %}
{% set x %}y{% endset %}
{% set order_id = 1 %}
{% set ns = namespace() %}
{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}
{% call order_id() %}{% endcall %}
{% filter upper %}x{% endfilter %}
{% include '/etc/passwd' %}
{% include 'layout.html' %}
{% import 'x' as x %}
{% from 'x' import y %}
{% extends 'layout.html' %}
{% block b %}{% endblock %}
{% with x = 1 %}{% endwith %}
{% autoescape false %}{% endautoescape %}
{% do order_id.x() %}
{% debug %}
{% trans %}x{% endtrans %}
{% break %}
{% continue %}
{% if %}
{% if amount %}
{% endif %}
{% else %}
{% elif amount %}
{% if amount %}{% else %}{% else %}{% endif %}
{% unknown %}
{{
}}x{{
{%
{% if amount
{{ amount
{{{ amount }}}
{{ {{ amount }} }}
{% if amount.x %}{% endif %}
{% if amount|upper %}{% endif %}
{% if amount %}{{ x }}{% endif %}
{% if false %}{{ order_id.__class__ }}{% endif %}
{{ amount if order_id.x else amount }}
{% if amount == order_id.x %}{% endif %}
"""

UNSPEAKABLE = (
    "{% if amount %}" * 60 + "x" + "{% endif %}" * 60,
    "{% if amount %}" * 600 + "x" + "{% endif %}" * 500,
    "x" * (TEXT_CHARACTERS_MAX + 1), "\x00", "a\x1b[31m", "a\x7f", "\ud800", "a\rBcc: x@y.z",
)  # fmt: skip


def listed(lines: str) -> list[str]:
    return [line for line in lines.splitlines() if line and not line.startswith("# ")]


def hostile_expressions() -> list[str]:
    """Return what is put between braces and into conditions."""
    return listed(EXPRESSIONS)


def hostile_texts() -> Iterator[str]:
    """Return whole texts."""
    for expression in (*hostile_expressions(), *LONG):
        yield f"Subject\n\n{{{{ {expression} }}}}"
    for text in (*listed(TEXTS), *UNSPEAKABLE):
        yield f"Subject\n\n{text}"
