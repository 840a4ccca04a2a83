"""Random template snippets for the differential test of the Jinja interpreter: the same seed gives the same snippets."""

import random

NAMES = {
    "int": ["x", "xs[0]", "people[0].age", "loop_free", "d.b", "(words | length)"],
    "float": ["f", "2.5", "-0.5", "1e3", "(x / 2)"],
    "str": ["s", "ko", "words[1]", "people[1].name", "''", "'a-b c'", "\"it's\"", "'  pad\\n'", "'<b>&'", "'3'", "'x,y,,z'"],
    "list": ["xs", "words", "empty", "people", "[1, 'a', none]", "(1, 2)", "range(4)", "d.a", "[[1, 2], [3]]"],
    "dict": ["d", "people[0]", "{}", "{'k': 1, 'j': 'v'}", "dict(p=1, q='r')"],
    "bool": ["t", "not t", "true", "false", "x > 3", "s is string", "n is none"],
    "none": ["n", "none", "missing", "d.zzz"],
}
KINDS = ["int", "float", "str", "list", "dict", "bool", "none"]
STR_METHODS = ["upper()", "lower()", "strip()", "title()", "capitalize()", "split()", "split(',')", "split(' ', 1)", "rsplit(' ', 1)",
               "lstrip(' H')", "rstrip('d\\n')", "strip('hH')", "replace('l', '')", "replace('', '-')", "replace('o', '0', 1)",
               "startswith('H')", "endswith(('d', 'k'))", "startswith('')", "find('l')", "find('zz')", "rfind('l')", "count('l')",
               "count('')", "splitlines()", "join(words)", "join('abc')", "isdigit()", "isalpha()", "isspace()", "isupper()",
               "islower()", "isalnum()", "isnumeric()", "swapcase()", "center(14, '*')", "ljust(13) ~ '|'",
               "rjust(13)", "zfill(13)", "partition(' ')", "rpartition(' ')", "removeprefix('He')", "removesuffix('ld')",
               "index('l')", "index('zz')", "format(1)", "isdecimal()", "rindex('l')"]
STR_FILTERS = ["upper", "lower", "title", "capitalize", "trim", "length", "reverse", "first", "last", "list", "escape", "e", "safe",
               "string", "int", "float", "wordcount", "replace('l', 'L')", "replace('l', 'L', 2)", "indent", "indent(2, true)",
               "indent(width='> ', first=true)", "truncate(5)", "truncate(5, true)", "truncate(5, true, '')", "truncate(4, false, '..', 0)",
               "center(20)", "tojson", "default('z')", "default('z', true)", "join('.')", "unique | list", "sort | join",
               "select('in', 'lo') | join", "batch(3) | list", "slice(3) | list", "urlencode", "forceescape",
               "format(1)", "int(7)", "int(default=7, base=8)", "float(1.5)", "min", "max", "count",
               "map('upper') | join", "trim('Hd')", "indent(4, blank=true)", "d"]
LIST_FILTERS = ["length", "first", "last", "list", "join", "join(', ')", "sort", "sort(reverse=true)", "sort(attribute='age')",
                "unique | list", "reverse | list", "sum", "min", "max", "map('string') | list", "map('upper') | list",
                "map(attribute='name') | list", "map(attribute='name', default='?') | join(',')", "map('default', 'q') | list",
                "select | list", "reject | list", "select('string') | list", "select('number') | list", "reject('none') | list",
                "selectattr('on') | list", "selectattr('age', '>', 20) | list", "rejectattr('age', 'ge', 25) | list",
                "selectattr('name', 'in', ['kim', 'x']) | list", "selectattr('name', 'defined') | list | length", "batch(2) | list",
                "batch(2, 0) | list", "slice(2) | list", "slice(2, 'f') | list", "tojson", "tojson(indent=2)", "string", "groupby('age') | list",
                "groupby('on') | map('first') | list", "map('first') | list", "map(attribute='age') | sum", "sum(start=10)",
                "sum(attribute='age')", "max(attribute='age')", "min(attribute='name')", "join(',', attribute='name')", "unique(attribute='on') | list", "sort(attribute='name', case_sensitive=true) | map(attribute='name') | list",
                "sort(attribute='on,age') | map(attribute='name') | list", "map('int') | list", "map('tojson') | list", "count", "items | list",
                "map('length') | list", "dictsort", "escape", "reject('in', [1, 2]) | list", "map(attribute=0) | list"]
DICT_FILTERS = ["length", "list", "items | list", "dictsort", "dictsort(true)", "dictsort(false, 'value')", "dictsort(reverse=true)", "tojson",
                "tojson(sort_keys=true)", "tojson(indent=1)", "tojson(separators=(',', ':'))", "string", "first", "last", "join(',')",
                "urlencode", "map('upper') | list", "sort | list", "default({})", "max", "min", "count"]
NUMBER_FILTERS = ["abs", "int", "float", "string", "round", "round(1)", "round(2, 'floor')", "round(1, 'ceil')", "tojson", "default(9)",
                  "length", "upper", "list", "escape", "round(-1)", "format", "trim"]
TESTS = ["defined", "undefined", "none", "string", "number", "integer", "float", "mapping", "iterable", "sequence", "boolean", "true",
         "false", "callable", "odd", "even", "divisibleby(2)", "divisibleby 3", "eq(5)", "ne(5)", "lt(4)", "gt 4", "le(5)", "ge(5)", "==(5)",
         "equalto('a')", "in([1, 5, 'a'])", "sameas(none)", "sameas true", "lower", "upper", "escaped", "not none", "not defined",
         "not in [5]", "greaterthan(1)", "lessthan(9)", "filter", "test", "!=(1)"]
LIST_METHODS = ["index(1)", "count(1)", "copy()", "index('b')", "pop()", "append(1)", "count('b')"]
DICT_METHODS = ["get('b')", "get('zz', 'q')", "keys() | list", "values() | list", "items() | list", "copy()", "pop('b')", "update({})",
                "get('k')", "keys()", "values()", "items()"]
SLICES = ["[0]", "[-1]", "[9]", "[1:]", "[:2]", "[::-1]", "[::2]", "[-2:]", "[1:-1]", "[5:1]", "[:]", "[1:10:3]", "['b']", "[none:1]",
          "[x]", "[-9]", "['name']", "[2:0:-1]"]


class Snippets:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, options):
        return self.random.choice(options)

    def value(self, kind, depth):
        if depth <= 0 or self.random.random() < 0.35:
            return "7" if (name := self.pick(NAMES[kind])) == "loop_free" else name
        return self.composed(kind, depth - 1)

    def any(self, depth):
        return self.value(self.pick(KINDS), depth)

    def composed(self, kind, depth):
        make = self.pick({
            "int": [lambda: f"{self.value('int', depth)} {self.pick(['+', '-', '*', '//', '%'])} {self.value('int', depth)}",
                    lambda: f"({self.value('int', depth)}) {self.pick(['**', '%'])} 2", lambda: f"-{self.value('int', 0)}",
                    lambda: f"{self.value('str', depth)} | length", lambda: f"({self.value('float', depth)}) | int",
                    lambda: f"({self.any(depth)}) | int", lambda: f"({self.value('list', depth)}) | length"],
            "float": [lambda: f"{self.value('int', depth)} / {self.value('int', 0)}", lambda: f"{self.value('float', depth)} * {self.value('int', 0)}",
                      lambda: f"({self.value('float', depth)}) | {self.pick(NUMBER_FILTERS)}", lambda: f"{self.value('float', 0)} // 2",
                      lambda: f"{self.value('float', 0)} % 2", lambda: f"{self.value('int', depth)} ** -1", lambda: f"({self.any(depth)}) | float"],
            "str": [lambda: f"{self.value('str', depth)}.{self.pick(STR_METHODS)}", lambda: f"{self.value('str', depth)} | {self.pick(STR_FILTERS)}",
                    lambda: f"{self.any(depth)} ~ {self.any(depth)}", lambda: f"({self.value('str', depth)} + {self.value('str', 0)})",
                    lambda: f"{self.value('str', depth)}{self.pick(SLICES)}", lambda: f"'%s|%s' % ({self.any(depth)}, {self.any(0)})",
                    lambda: f"'%{self.pick(['5', '-5', '05', '.1', '+', ''])}{self.pick('dsfrxXeoig')}' % {self.value(self.pick(['int', 'float', 'str']), 0)}",
                    lambda: f"'{{}}:{{}}'.format({self.any(0)}, {self.any(0)})", lambda: f"{self.value('str', 0)} * {self.value('int', 0)}",
                    lambda: f"({self.value('str', depth)} if {self.value('bool', depth)} else {self.any(0)})"],
            "list": [lambda: f"{self.value('list', depth)} | {self.pick(LIST_FILTERS)}", lambda: f"{self.value('list', depth)}{self.pick(SLICES)}",
                     lambda: f"[{self.any(depth)}, {self.any(0)}]", lambda: f"({self.any(depth)}, {self.any(0)})",
                     lambda: f"{self.value('list', 0)} + {self.value('list', 0)}", lambda: f"{self.value('list', 0)} * 2",
                     lambda: f"({self.value('dict', depth)}) | {self.pick(DICT_FILTERS)}", lambda: f"({self.any(0)},)",
                     lambda: f"{self.value('list', 0)}.{self.pick(LIST_METHODS)}"],
            "dict": [lambda: f"{{'a': {self.any(depth)}, {self.pick(['x', '1', chr(39) + 'b' + chr(39), '1.0', 'true', 'none'])}: {self.any(0)}}}",
                     lambda: f"{self.value('dict', 0)}.{self.pick(DICT_METHODS)}", lambda: f"({self.value('dict', depth)}) | {self.pick(DICT_FILTERS)}",
                     lambda: f"dict({self.value('dict', 0)}, z={self.any(0)})", lambda: f"{self.pick(['d', 'people[0]'])}{self.pick(SLICES)}"],
            "bool": [lambda: f"({self.any(depth)}) is {self.pick(TESTS)}", lambda: f"{self.any(depth)} {self.pick(['==', '!=', '<', '<=', '>', '>='])} {self.any(0)}",
                     lambda: f"{self.any(0)} {self.pick(['in', 'not in'])} {self.any(depth)}", lambda: f"{self.any(depth)} {self.pick(['and', 'or'])} {self.any(depth)}",
                     lambda: f"not {self.any(depth)}", lambda: f"1 < {self.any(0)} <= {self.any(0)}"],
            "none": [lambda: f"({self.any(depth)}) | default({self.any(0)})", lambda: f"{self.any(0)}.{self.pick(['b', 'name', 'zz', 'items', '0'])}",
                     lambda: f"({self.any(depth)} if {self.any(0)})", lambda: f"({self.any(depth)}) | attr('{self.pick(['b', 'upper', 'zz'])}')"],
        }[kind])
        return make()

    def space(self):
        return self.pick(["", " ", "\n", "  \n ", "\n\n", "\t", " x ", "\n  y\n"])

    def tag(self, text):
        return "{%" + self.pick(["", "", "-", "+"]) + " " + text + " " + self.pick(["", "", "-", "+"]) + "%}"

    def print(self, depth=2):
        return "{{" + self.pick(["", "-", ""]) + " " + self.any(depth) + " " + self.pick(["", "-", ""]) + "}}"

    def body(self, depth):
        return self.space() + (self.statement(depth - 1) if depth > 0 and self.random.random() < 0.5 else self.print(1)) + self.space()

    def statement(self, depth=2):
        name = self.pick(["i", "v", "x"])
        return self.pick([
            lambda: self.tag(f"if {self.any(1)}") + self.body(depth) + self.tag(f"elif {self.any(1)}") + self.body(depth) + self.tag("else")
            + self.body(depth) + self.tag("endif"),
            lambda: self.tag(f"for {name} in {self.value('list', 1)}{self.pick(['', ' if ' + name, ' if ' + name + ' != 1'])}") + self.body(depth)
            + "{{ " + self.pick(["loop.index", "loop.last", name, "loop.revindex0", "loop.previtem", "loop.nextitem is defined",
                                 "loop.cycle('a', 'b')", "loop.changed(" + name + ")", "loop.length", "loop.depth", "loop.first"]) + " }}"
            + self.pick(["", self.tag("else") + self.body(depth)]) + self.tag("endfor"),
            lambda: self.tag(f"for k, w in {self.pick(['d.items()', 'd | items', '[(1, 2), (3, 4)]', 'd | dictsort', 'people', '[[1, [2]]]'])}")
            + "{{ k }}={{ w }}" + self.body(depth) + self.tag("endfor"),
            lambda: self.tag(f"set {name} = {self.any(2)}") + self.space() + "{{ " + name + " }}",
            lambda: self.tag(f"set w{self.pick(['', ' | upper', ' | trim | length', ' | replace(' + chr(39) + 'a' + chr(39) + ', ' + chr(39) + chr(39) + ')'])}")
            + self.body(depth) + self.tag("endset") + "{{ w }}",
            lambda: self.tag(f"set ns = namespace(v={self.any(0)})") + self.tag(f"for {name} in {self.value('list', 0)}")
            + self.tag(f"set ns.v = {self.pick(['ns.v ~ ' + name, name, 'loop.index'])}") + self.tag("endfor") + "{{ ns.v }}",
            lambda: self.tag(f"macro m({self.pick(['', 'a', 'a, b=2', 'a, b=a', 'a=1, *c'])})") + self.pick(["{{ a }}", "{{ a }}/{{ b }}", "{{ varargs }}", "{{ kwargs }}", "{{ caller() }}",
                                                                                  "{{ m.name }}", "{{ caller is defined }}"])
            + self.body(0) + self.tag("endmacro") + "{{ m(" + self.pick(["", "1", "1, 2", "b=3", "1, 2, 3", "1, z=3", "a=1, b=2", "1, a=2", "1, *[2]", "**{'a': 5}"]) + ") }}",
            lambda: self.tag(f"macro m({self.pick(['', 'a', 'a=7'])})") + "<{{ caller(" + self.pick(["", "1", "a"]) + ") }}>" + self.tag("endmacro")
            + self.tag(f"call{self.pick(['', '(u)', '(u=4)'])} m({self.pick(['', '3'])})") + "{{ u }}" + self.body(0) + self.tag("endcall"),
            lambda: self.tag(f"filter {self.pick(['upper', 'trim', 'length', 'escape', 'indent(2)', 'replace(' + chr(39) + 'l' + chr(39) + ', ' + chr(39) + 'L' + chr(39) + ')', 'upper | reverse', 'tojson'])}")
            + self.body(depth) + self.tag("endfilter"),
            lambda: self.tag(f"with {name} = {self.any(1)}{self.pick(['', ', z = ' + name])}") + "{{ " + name + " }}{{ z }}" + self.body(depth) + self.tag("endwith"),
            lambda: self.tag(f"for {name} in {self.value('list', 0)}") + self.tag(f"if {name} {self.pick(['== 1', 'is string', 'is odd', '> 2'])}")
            + self.tag(self.pick(["break", "continue"])) + self.tag("endif") + "{{ " + name + " }}," + self.tag("endfor"),
            lambda: self.tag("generation") + self.body(depth) + self.tag("endgeneration"),
            lambda: "{#" + self.pick(["", "-"]) + " note " + self.pick(["", "-"]) + "#}" + self.space() + self.print(1),
            lambda: self.tag("raw") + self.space() + "{{ x }}{% if %}" + self.space() + self.tag("endraw"),
            lambda: self.tag(f"set {self.pick(['a, b', '(a, b)', 'a'])} = {self.pick(['1, 2', 'xs', '[1, 2]', 'd', chr(39) + 'ab' + chr(39)])}") + "{{ a }}{{ b }}",
            lambda: self.tag("for n in [1, [2, [3]]] recursive") + "{{ loop(n) if n is iterable else n ~ '@' ~ loop.depth0 }}" + self.tag("endfor"),
        ])()

    def snippet(self):
        if self.random.random() < 0.55:
            return self.space() + self.print(3) + self.space()
        return self.space() + self.statement() + self.space()


def snippets(n, seed=1):
    source, seen = Snippets(seed), set()
    while len(seen) < n:
        text = source.snippet()
        if text not in seen and len(text) < 300:
            seen.add(text)
            yield text
