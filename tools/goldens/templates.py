"""Makes goldens/text/templates.json and snippets.json: what Jinja2, set up as transformers does, makes of templates.

    pip install transformers jinja2
    python tools/goldens/templates.py [--shared DIR] [--templates DIR]

DIR of --templates holds further templates as NAME.jinja, as tools/goldens/collect_templates.py gathers them. They are not
committed (size, licence), only digests of what they render; the test looks for them in the folder HANOK_TEST_TEMPLATES,
in the shared data, and in the packaged models.
"""
import argparse, hashlib, json, pathlib, re, sys

from transformers.utils.chat_template_utils import _compile_jinja_template as compile_template

from template_snippets import snippets

ROOT = pathlib.Path(__file__).resolve().parents[2]

DATA = {
    "x": 5, "f": 1.5, "s": "Hello World", "ko": "안녕하세요 한옥", "n": None, "t": True, "xs": [3, 1, 2], "words": ["b", "A", "c"],
    "d": {"b": 1, "a": [1, 2.0, None, True, "it's", 'q"q'], "한글": "값\n"}, "people": [
        {"name": "kim", "age": 30, "on": True}, {"name": "Lee", "age": 20, "on": False}, {"name": "park", "age": 25}], "empty": []}

CASES = r"""
{{ x }} {{ f }} {{ n }} {{ t }} {{ xs }} {{ d }}
{{ x / 2 }} {{ x // 2 }} {{ -x // 2 }} {{ -x % 3 }} {{ x ** 2 }} {{ 2 ** 3 ** 2 }} {{ x * f }} {{ 7 % -3 }}
{{ 1e16 }} {{ 1e-5 }} {{ 0.1 + 0.2 }} {{ 1e15 }} {{ 123456789.125 }} {{ 100.0 }} {{ 0.0001 }}
{{ -x | abs }} {{ (-x) | abs }} {{ 1 + 2 ~ 3 }} {{ 'a' ~ x ~ n ~ t }}
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'a' == "a" }} {{ [1] == [1.0] }} {{ (1,) == [1] }}
{{ 'ell' in s }} {{ 4 not in xs }} {{ 'a' in d }} {{ not x in xs }}
{{ undefined_name }}|{{ d.nothing }}|{{ d['nothing'] }}|{{ xs[9] }}|{{ (undefined_name ~ 'x') }}
{{ undefined_name is defined }} {{ d.b is defined }} {{ n is none }} {{ n is not none }} {{ x is number }} {{ s is string }} {{ d is mapping }} {{ xs is sequence }} {{ xs is iterable }}
{{ t is true }} {{ t is boolean }} {{ x is integer }} {{ f is float }} {{ x is odd }} {{ x is even }} {{ x is divisibleby 5 }} {{ x is divisibleby(2) }} {{ x is eq 5 }} {{ x is gt 4 }} {{ x is in xs }} {{ f is integer }} {{ t is integer }}
{{ s[0] }}{{ s[-1] }} {{ s[1:4] }} {{ s[::-1] }} {{ s[9:] }} {{ s[:-3] }} {{ ko[0:2] }} {{ ko[::-1] }} {{ xs[::-1] }} {{ xs[1:] }} {{ xs[-2:] }} {{ xs[5:] }} {{ xs[::2] }} {{ s[-100:3] }} {{ xs[2:0:-1] }}
{{ 'yes' if x > 3 else 'no' }} {{ 'yes' if x > 9 }} {{ 'a' if false else 'b' if true else 'c' }}
{{ s | upper }} {{ s | lower }} {{ 'hello world' | title }} {{ 'hELLO' | capitalize }} {{ "it's a-b (c)" | title }} {{ "it's a-b".title() }}
{{ s.upper() }} {{ s.lower() }} {{ s.split() }} {{ 'a,b,,c'.split(',') }} {{ 'a,b,c'.split(',', 1) }} {{ '  a  b '.split() }} {{ 'a b c'.split(none, 1) }}
{{ '  x '.strip() }}|{{ '  x '.lstrip() }}|{{ '  x '.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ '<think>t'.lstrip('<think>') }}|{{ 'abc\n\n'.rstrip('\n') }}
{{ s.startswith('Hell') }} {{ s.endswith('x') }} {{ s.replace('l', 'L') }} {{ s.replace('l', 'L', 1) }} {{ s.find('o') }} {{ ko.find('한') }} {{ s.count('o') }} {{ '-'.join(words) }}
{{ '%s is %d and %.2f %%' % ('a', 3, 1.239) }} {{ 'video_%02d' % x }} {{ '%5s|%-5s|' % ('a', 'b') }} {{ '%x' % 255 }} {{ '%r' % 'q' }}
{{ '{} {}'.format(1, 'b') }} {{ '{0}{0} {a}'.format(1, a=2) }}
{{ d | tojson }}
{{ d | tojson(indent=2) }}
{{ d | tojson(ensure_ascii=True) }}
{{ d | tojson(separators=(',', ':')) }}
{{ d | tojson(sort_keys=True) }}
{{ {} | tojson }} {{ [] | tojson(indent=4) }} {{ 'a<b>&\'"' | tojson }} {{ [1.0, 1e20, true, none] | tojson }} {{ {1: 2, none: 3, true: 4} | tojson }}
{{ "\x01\x7f\u2028é😀" | tojson }} {{ "\x01\x7fé😀" | tojson(ensure_ascii=True) }}
{{ xs | length }} {{ ko | length }} {{ d | length }} {{ undefined_name | length }} {{ '' | count }}
{{ xs | first }} {{ xs | last }} {{ empty | first }} {{ xs | sum }} {{ xs | min }} {{ xs | max }} {{ xs | sort }} {{ xs | sort(reverse=true) }} {{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ xs | reverse | list }} {{ 'abc' | reverse }}
{{ words | join }} {{ words | join(', ') }} {{ people | join(',', attribute='name') }} {{ xs | join('-') }}
{{ people | map(attribute='name') | list }} {{ words | map('upper') | list }} {{ people | map(attribute='on', default='?') | list }} {{ words | map('replace', 'A', 'z') | join }}
{{ people | selectattr('on') | map(attribute='name') | list }} {{ people | selectattr('age', 'gt', 22) | map(attribute='name') | join(',') }} {{ people | rejectattr('on', 'defined') | list }} {{ xs | select('odd') | list }} {{ xs | reject('odd') | list }} {{ people | selectattr('name', 'equalto', 'kim') | list | length }}
{{ people | sort(attribute='age') | map(attribute='name') | join(' ') }} {{ [1, 2, 1, 'a', 'A'] | unique | list }} {{ people | sum(attribute='age') }}
{{ d | items | list }} {{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list | length }} {{ d | dictsort }} {{ {'b': 1, 'A': 2} | dictsort(by='value', reverse=true) }}
{{ d.get('b') }} {{ d.get('zz') }} {{ d.get('zz', 'fall') }} {{ undefined_name | default('x') }} {{ '' | default('x') }}|{{ '' | default('x', true) }} {{ none | default('q') }} {{ n | d('w', true) }}
{{ '3' | int }} {{ '3.7' | int }} {{ 'x' | int }} {{ 'x' | int(9) }} {{ 3.9 | int }} {{ '2.5' | float }} {{ 'x' | float }} {{ 3 | float }} {{ 'ff' | int(base=16) }}
{{ 2.5 | round }} {{ 2.567 | round(2) }} {{ 2.1 | round(method='ceil') }} {{ 2.9 | round(0, 'floor') }} {{ 3 | round }} {{ x | string }} {{ xs | string }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb\n' | indent }}
{{ '<a href="x">' | escape }} {{ '<b>' | safe }} {{ ('<' | safe) + '>' }} {{ '<' ~ ('>' | safe) }}
{{ s | replace('World', '한옥') }} {{ '  pad ' | trim }}| {{ 'xxaxx' | trim('x') }} {{ 'a b  c' | wordcount }} {{ [1,2,3,4,5] | batch(2) | list }} {{ [1,2,3] | batch(2, 'z') | list }}
{{ range(3) | list }} {{ range(1, 4) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }}
{{ [1, 'two', [3], {'k': (4,)}] }} {{ (1, 2) }} {{ () }} {{ (1) }} {{ 'it\'s' }} {{ ['it\'s', 'a"b', 'both\'"', 'tab\t', '\\', '\u200b', '\x00'] }}
{{ dict(a=1, b='x') }} {{ {'a': 1}.a }} {{ {'items': 3}['items'] }} {{ {'items': 3}.items is callable }} {{ {'a b': 1}['a b'] }} {{ xs.0 }}
{{ "a" "b" 'c' }} {{ 'line\
cont' }} {{ '\d' }} {{ '\x41\u0042\103' }}
{{ 1_000 }} {{ 0x1F }} {{ 0b101 }} {{ 1.5e3 }}
{{ [1] + [2] }} {{ 'ab' * 3 }} {{ [0] * 2 }} {{ (1,) + (2,) }}
{% for i in xs %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}
{% for i in empty %}x{% else %}none{% endfor %} {% for i in xs if i > 1 %}{{ i }}/{{ loop.length }} {% else %}no{% endfor %}
{% for i in xs %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %} {% for i in xs %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %} {% for k in d %}{{ k }},{% endfor %} {% for c in '한글' %}<{{ c }}>{% endfor %}
{% for i in xs %}{{ loop.previtem }}>{{ i }}>{{ loop.nextitem }} {{ loop.cycle('odd', 'even') }} {{ loop.changed(i > 1) }};{% endfor %}
{% for a in [1, [2, [3]]] recursive %}{% if a is iterable %}({{ loop(a) }}){% else %}{{ a }}@{{ loop.depth }}{% endif %}{% endfor %}
{% set a = 1 %}{% for i in xs %}{{ a }}{% set a = i %}{{ a }}{% endfor %}{{ a }}
{% set ns = namespace(n=0, s='') %}{% for i in xs %}{% set ns.n = ns.n + i %}{% set ns.s = ns.s ~ i %}{% endfor %}{{ ns.n }} {{ ns.s }} {{ ns.zz is defined }}
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set c = 1, 2 %}{{ c }} {% set (p, q) = [3, 4] %}{{ p }}{{ q }}
{% set text %}a{{ x }}b{% endset %}{{ text }} {% set up | upper %}abc{% endset %}{{ up }}
{% if x > 9 %}a{% elif x > 4 %}b{% else %}c{% endif %} {% if not t %}a{% elif n %}b{% else %}c{% endif %} {% if xs and d %}y{% endif %}
{% macro m(a, b=2, c=a) %}[{{ a }}|{{ b }}|{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(b=5, a=4) }}{{ m() }}
{% macro rec(n) %}{% if n > 0 %}{{ n }}{{ rec(n - 1) }}{% endif %}{% endmacro %}{{ rec(4) }}
{% macro box() %}<{{ caller() }}>{% endmacro %}{% call box() %}in{{ x }}{% endcall %} {% macro each(v) %}{% for i in v %}{{ caller(i) }}{% endfor %}{% endmacro %}{% call(i) each(xs) %}({{ i }}){% endcall %}
{% macro v() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ v(1, 2, z=3) }} {% macro outer() %}{{ later }}{% endmacro %}{% set later = 'seen' %}{{ outer() }}
{% with a = 1, b = x %}{{ a }}{{ b }}{% endwith %}{{ a }} {% filter upper %}abc{{ s }}{% endfilter %} {% block body %}in{% endblock %}
{% generation %}answer{{ x }}{% endgeneration %}!
a  {%- if t %}  b  {%- endif %}  c {{- x }} d {{ x -}}   e {#- note -#} f {# note #} g
  {% if t %}\n    x\n  {% endif %}\nend
  {%+ if t %}\n    x\n  {%+ endif %}\nend
{% if t -%}\n\n   x   \n\n{%- endif %}\n\nend\n
line\n{# gone #}\nnext\n   {# gone #}   after\n
{% raw %}{{ x }} {% if %}{% endraw %} {%- raw -%}  {{ y }}  {%- endraw -%}  z
{{ {'a': {'b': {}}} }}{{ '}}' }}{{ "{%" }} { { } } {x} %}
   {{ x }}\n\t{% set q = 1 %}\n  {{ q }}  \n
{{ x if x is defined and x is not none else 'none' }} {{ (x is defined) ~ '' }} {{ not x is defined }}
{{ d.a[1] }} {{ d['a'][-1] }} {{ people[0].name }} {{ people[-1]['name'] }} {{ people | map(attribute='age') | sum }} {{ people[0].name[0] | upper }}
{{ 'a' < 'b' }} {{ '가' > '나' }} {{ [1, 2] < [1, 3] }} {{ 'A' < 'a' }} {{ 'Straße'.upper() }} {{ 'ÀÉ'.lower() }}
{{ s|length > 3 and s|first == 'H' }} {{ 3 if xs|length is gt 2 else 4 }} {{ 1 if 2 is even and 3 is odd }}
{{ s.nothing is defined }}{{ 'abc'['upper']() }}{{ xs.append is defined }}
{{ 'a\n\tb' }}{{ "\"" }}{{ '\'' }} {{ ('a' 'b')[1] }} {{ 'ab'.rsplit('a') }} {{ 'a.b.c'.rsplit('.', 1) }} {{ 'a\nb\r\nc'.splitlines() }}
{{ raise_exception('no ' ~ x) }}
{{ undefined_name.attr }}
{{ undefined_name['k'] }}
{{ d.nothing.more }}
{{ undefined_name + 1 }}
{{ 1 + 'a' }}
{{ 'a' + 1 }}
{{ 1 / 0 }}
{{ undefined_name() }}
{{ x() }}
{{ range(1000000000000) }}
{{ xs | nosuchfilter }}
{{ xs is nosuchtest }}
{{ undefined_name | tojson }}
{{ 1 < 'a' }}
{{ xs.append(4) }}
{% for i in 5 %}{% endfor %}
{% if %}{% endif %}
{{ x
{% for i in xs %}
{{ ) }}
{% endif %}
{% nosuchtag %}
{{ 'open }}
{% set d.b = 1 %}
{% set a, b = [1] %}
""".strip("\n").split("\n")

# A case that continues over a line end in the list above is written with an explicit \n instead.


def small_cases():
    joined = []
    for line in CASES:
        if joined and joined[-1].endswith("\\"):
            joined[-1] = joined[-1] + "\n" + line
        else:
            joined.append(line)
    for source in joined:
        if source.startswith(("{% if t -%}", "line", "   {{", "  {%")):
            source = source.replace("\\n", "\n").replace("\\t", "\t")
        case = {"template": source}
        try:
            case["out"] = compile_template(source).render(**DATA)
        except Exception as error:  # the test asks only that Hanok refuses too
            case["error"] = type(error).__name__
        yield case


TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "날씨를 알려 준다 <b>&'\"", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 1}}, "required": ["city"]}}}]
CALL = {"role": "assistant", "content": "", "tool_calls": [
    {"type": "function", "function": {"name": "get_weather", "arguments": {"city": "서울", "days": 2}}}]}
USER, SYSTEM = {"role": "user", "content": "서울 날씨는?  "}, {"role": "system", "content": "너는 한옥이다."}
CHATS = {
    "user": [USER], "system": [SYSTEM, USER], "turns": [SYSTEM, USER, {"role": "assistant", "content": "맑아요."}, USER],
    "thought": [USER, {"role": "assistant", "content": "<think>\n음\n</think>\n\n맑아요."}, USER],
    "last": [USER, {"role": "assistant", "content": "맑아요.", "reasoning_content": "생각"}],
    "tools": [SYSTEM, USER, CALL, {"role": "tool", "content": "{\"t\": 3}"}, {"role": "tool", "content": "둘"}],
    "calls": [USER, {"role": "assistant", "content": "볼게요.", "reasoning_content": "찾자", "tool_calls": [
        {"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "부산"}}},
        {"id": "call00002", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"제주\"}"}}]},
        {"role": "tool", "tool_call_id": "call00001", "name": "get_weather", "content": "맑음"},
        {"role": "tool", "tool_call_id": "call00002", "name": "get_weather", "content": {"t": 20.5, "비": None}}],
    "parts": [{"role": "user", "content": [{"type": "text", "text": " 이 그림은? "}, {"type": "image"}]}]}
DATE = {"date_string": "26 Jul 2024"}  # where a template would print today
# Templates differ in the name of the switch.
EXTRAS = [DATE, {**DATE, "enable_thinking": True, "thinking": True, "force_reasoning": True, "skip_think": False},
          {**DATE, "enable_thinking": False, "thinking": False, "skip_reasoning": True}]


N_SNIPPETS = 500


def snippet_cases(n, seed):
    for source in snippets(n, seed):
        try:
            case = {"template": source, "out": compile_template(source).render(**DATA)}
        except Exception as error:
            case = {"template": source, "error": type(error).__name__}
        # Addresses and numbers beyond 64 bits are not compared.
        if not re.search(r"0x[0-9a-f]{6}|<built-in|<generator|[0-9]{17}|LoopContext", case.get("out", "")):
            yield case


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:12]


TODAY = r"strftime_now\([^()]*\)"


# One entry for each template: the digest of every rendering in this order of the loops, "-" where Jinja2 refuses.
def chats(shared, folder):
    sources = {}
    exaone = shared / "data/tokenizers/exaone-4.0/chat_template.jinja"
    if exaone.exists():
        sources["exaone4"] = exaone.read_text()
    for path in sorted((ROOT / "tests/text/templates").glob("*.jinja")) + sorted(folder.glob("*.jinja") if folder else []):
        sources[path.stem] = path.read_text()
    for name, source in sources.items():
        # What would print today prints a fixed day, here and in the test.
        template, renders = compile_template(re.sub(TODAY, "'26 Jul 2024'", source)), []
        for messages in CHATS.values():
            for tools in (None, TOOLS):
                for extra in EXTRAS:
                    for prompt in (True, False):
                        values = dict(messages=messages, tools=tools, documents=None, add_generation_prompt=prompt,
                                      bos_token="<s>", eos_token="</s>", **extra)
                        try:
                            renders.append(digest(template.render(**values)))
                        except Exception:
                            renders.append("-")
        yield {"template": name, "source": digest(source), "renders": " ".join(renders)}


def write(name, golden):
    path = ROOT / "goldens/text" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(golden, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shared", type=pathlib.Path, default=ROOT.parent / "shared")
    parser.add_argument("--templates", type=pathlib.Path)
    options = parser.parse_args()
    cases, renders = list(small_cases()), list(chats(options.shared, options.templates))
    write("templates.json", {"data": DATA, "cases": cases, "chats": CHATS, "tools": TOOLS, "extras": EXTRAS, "renders": renders})
    generated = list(snippet_cases(N_SNIPPETS, 1))
    write("snippets.json", {"data": DATA, "cases": generated})
    print(len(cases), "cases,", len(generated), "snippets,", len(renders), "templates")


if __name__ == "__main__":
    sys.exit(main())
