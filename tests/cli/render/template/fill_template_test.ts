import { assertEquals, assertThrows } from "@std/assert";
import { fillTemplate } from "../../../../src/cli/render/template/fill_template.ts";
import {
  GoMap,
  GoTime,
} from "../../../../src/cli/render/template/go_values.ts";
import { parseTemplate } from "../../../../src/cli/render/template/parse_template.ts";
import { TemplateError } from "../../../../src/cli/render/template/template_error.ts";

const DATA = {
  ID: "0123456789abcdef0123",
  Size: 1234567,
  Names: ["web", "db"],
  Config: {
    Env: ["A=1", "B=x y"],
    Labels: new GoMap([["b", "2"], ["a", "1"]]),
    User: "",
  },
  Mounts: [
    { Source: "/a", Destination: "/b", RW: true },
    { Source: "/c", Destination: "/d", RW: false },
  ],
  Pinned: true,
  Empty: [],
  Ratio: 2.5,
  Created: new GoTime("2024-05-06T07:08:09.120Z"),
};

function fill(template: string): string {
  return fillTemplate(parseTemplate(template).nodes, DATA);
}

// What Go 1.26's text/template makes of the same, with podman's functions.
const FILLED: readonly [template: string, text: string][] = [
  ["{{.ID}}", "0123456789abcdef0123"],
  ["{{ .ID }}", "0123456789abcdef0123"],
  ["{{$.ID}}", "0123456789abcdef0123"],
  ["{{.Config.Env}}", "[A=1 B=x y]"],
  ["{{.Config.Labels}}", "map[a:1 b:2]"],
  ["{{.Config.Labels.a}}", "1"],
  ["{{.Config.Labels.zzz}}", "<no value>"],
  ["{{.Config.Labels.zzz.y}}", "<no value>"],
  ['{{index .Config.Labels "a"}}', "1"],
  ['{{index .Config.Labels "q" | printf "[%s]"}}', "[]"],
  ["{{index .Names 0}}", "web"],
  ["{{(index .Mounts 0).Source}}", "/a"],
  ["{{(index .Mounts 1).RW}}", "false"],
  ['{{range .Names}}{{.}}{{"\\n"}}{{end}}', "web\ndb\n"],
  ["{{range $i, $e := .Names}}{{$i}}={{$e}};{{end}}", "0=web;1=db;"],
  ["{{range $e := .Names}}{{$e}}{{end}}", "webdb"],
  ["{{range .Empty}}x{{else}}none{{end}}", "none"],
  ["{{range $k, $v := .Config.Labels}}{{$k}}={{$v}},{{end}}", "a=1,b=2,"],
  ["{{range .Config.Labels}}{{.}}{{end}}", "12"],
  ["{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}", "/a:/b /c:/d "],
  ["{{range .Mounts}}{{$.Size}},{{end}}", "1234567,1234567,"],
  ['{{range .Names}}{{if eq . "db"}}{{break}}{{end}}{{.}}{{end}}', "web"],
  ['{{range .Names}}{{if eq . "web"}}{{continue}}{{end}}{{.}}{{end}}', "db"],
  [
    "{{range $i, $e := .Names}}{{range $j, $f := $.Names}}{{$i}}{{$j}} {{end}}{{end}}",
    "00 01 10 11 ",
  ],
  [
    "{{range $i, $m := .Mounts}}{{if $i}}, {{end}}{{$m.Source}}{{end}}",
    "/a, /c",
  ],
  ["{{if .Pinned}}yes{{else}}no{{end}}", "yes"],
  ["{{if .Empty}}yes{{else if .Pinned}}pin{{else}}no{{end}}", "pin"],
  ["{{if not .Pinned}}a{{else}}b{{end}}", "b"],
  ["{{if and .Pinned (gt .Size 5)}}y{{end}}", "y"],
  ['{{if or (eq .ID "a") (eq .ID "b")}}y{{else}}n{{end}}', "n"],
  ["{{with .Config}}{{.User}}|{{len .Env}}{{end}}", "|2"],
  ["{{with $x := .ID}}{{$x}}{{end}}", "0123456789abcdef0123"],
  ["{{with .Empty}}a{{else with .Names}}{{.}}{{end}}", "[web db]"],
  ["{{with .Config}}{{with .Labels}}{{.a}}{{end}}{{end}}", "1"],
  ["{{len .Names}} {{len .ID}} {{len .Config.Labels}}", "2 20 2"],
  ["{{eq .Size 1234567}}", "true"],
  ['{{eq .ID "x" "0123456789abcdef0123"}}', "true"],
  ['{{ne .ID "x"}}', "true"],
  [
    "{{lt .Size 5}} {{le 5 5}} {{gt .Size 5}} {{ge 1 2}}",
    "false true true false",
  ],
  ['{{lt "a" "b"}}', "true"],
  ["{{and .Pinned .Empty .ID}}", "[]"],
  ["{{and .Empty (index .Empty 3)}}", "[]"],
  ["{{or .Empty .ID}}", "0123456789abcdef0123"],
  ["{{not .Empty}}", "true"],
  ['{{join .Names ","}}', "web,db"],
  ['{{split "a,b" ","}}', "[a b]"],
  ['{{index (split .ID "f") 0}}', "0123456789abcde"],
  ['{{lower "ABC"}}{{upper "abc"}}', "abcABC"],
  ['{{title "hello wOrld foo-bar it\'s"}}', "Hello WOrld Foo-Bar It'S"],
  [
    '{{truncate .ID 4}}|{{pad .ID 1 2}}|{{pad "" 1 2}}|',
    "0123| 0123456789abcdef0123  ||",
  ],
  [
    '{{printf "%s %d %q %v" .ID .Size "a" .Names}}',
    '0123456789abcdef0123 1234567 "a" [web db]',
  ],
  ['{{.ID | printf "%.12s"}}', "0123456789ab"],
  ['{{printf "%-5s|%5s|" "ab" "cd"}}', "ab   |   cd|"],
  [
    '{{printf "%8d|%-8d|%08d|%+d|% d" 12 12 12 12 12}}',
    "      12|12      |00000012|+12| 12",
  ],
  ['{{printf "%x %X" 255 255}} {{printf "%x" "hi"}}', "ff FF 6869"],
  [
    '{{printf "%5.2f|%f|%e|%g" .Ratio .Ratio .Ratio .Ratio}}',
    " 2.50|2.500000|2.500000e+00|2.5",
  ],
  ['{{printf "%t" .Pinned}}', "true"],
  ['{{printf "%d" .ID}}', "%!d(string=0123456789abcdef0123)"],
  ['{{printf "%s"}}', "%!s(MISSING)"],
  ['{{printf "a" 1}}', "a%!(EXTRA int=1)"],
  ['{{printf "%%"}}', "%"],
  ['{{printf "%q" .Names}}', '["web" "db"]'],
  ['{{printf "%c %U %b %o" 65 8364 5 8}}', "A U+20AC 101 10"],
  ['{{printf "%*d" 5 42}}', "   42"],
  ['{{printf "%6.3v|" "abcdef"}}', "   abc|"],
  ['{{printf "%"}}', "%!(NOVERB)"],
  ['{{printf "%z" 1}}', "%!z(int=1)"],
  ['{{print "a" 1 2 "b"}}', "a1 2b"],
  ['{{println "a" 1}}', "a 1\n"],
  ["{{slice .ID 0 12}} {{slice .Names 1}}", "0123456789ab [db]"],
  ["{{$x := .ID}}{{$x}}", "0123456789abcdef0123"],
  ["{{$x := 1}}{{if true}}{{$x = 2}}{{end}}{{$x}}", "2"],
  ["{{$x := 1}}{{if true}}{{$x := 2}}{{end}}{{$x}}", "1"],
  ["{{/* comment */}}a", "a"],
  ["a {{- /* c */ -}} b", "ab"],
  ["a {{- .Size -}} b", "a1234567b"],
  ["a{{-3}}b", "a-3b"],
  ['  x  {{- "y" }}  z', "  xy  z"],
  ["{{if true -}} a {{- else -}} b {{- end}}", "a"],
  ['{{"quoted \\"x\\" \\t \\u00e9 \\x41"}}', 'quoted "x" \t é A'],
  ["{{`raw \\n`}}", "raw \\n"],
  ["{{'a'}}", "97"],
  [
    "{{1}} {{-1}} {{1.5}} {{0x1F}} {{017}} {{1_000}} {{0b11}}",
    "1 -1 1.5 31 15 1000 3",
  ],
  ["{{true}}", "true"],
  ['{{"}}"}}', "}}"],
  ["{{.ID|upper|lower|len}}", "20"],
  ['{{.ID | len | printf "%03d"}}', "020"],
  ['{{(printf "%s" .ID) | upper}}', "0123456789ABCDEF0123"],
  [
    `{{html "<a href='x'>&"}} {{urlquery "a b&c=d/é!"}}`,
    "&lt;a href=&#39;x&#39;&gt;&amp; a+b%26c%3Dd%2F%C3%A9%21",
  ],
  ["{{json .Names}} {{json .Config.Labels}}", '["web","db"] {"a":"1","b":"2"}'],
  ["{{json .Mounts}}", JSON.stringify(DATA.Mounts)],
  ["{{.Created}}", "2024-05-06 07:08:09.12 +0000 UTC"],
  [
    "{{.Created.Unix}} {{json .Created}}",
    '1714979289 "2024-05-06T07:08:09.120Z"',
  ],
  ["{{.ID}} }}", "0123456789abcdef0123 }}"],
  // Not so in Go: fields are found in other spellings, too.
  [
    "{{.id}} {{.Id}} {{.names}}",
    "0123456789abcdef0123 0123456789abcdef0123 [web db]",
  ],
];

Deno.test("fillTemplate() fills templates in as Go does", async (t) => {
  for (const [template, text] of FILLED) {
    await t.step(template, () => assertEquals(fill(template), text));
  }
});

const REFUSED: readonly [template: string, why: string, at: number][] = [
  ["{{.ID", '"}}" is missing', 0],
  ["ab {{", '"}}" is missing', 3],
  ["{{}}", "a value or a function is missing", 0],
  ["{{.ID | }}", "a value or a function is missing", 0],
  ["{{| .ID}}", "a value or a function is missing", 2],
  ['{{"a}}', 'the text after " has no end', 2],
  ["{{if .ID}}a", "{{if}} has no {{end}}", 0],
  ["{{if}}a{{end}}", "a value or a function is missing", 0],
  ["{{end}}", "there is nothing that {{end}} belongs to", 0],
  ["{{else}}", "there is nothing that {{else}} belongs to", 0],
  ["{{if 1}}{{else}}{{else}}{{end}}", "{{else}} cannot follow {{else}}", 16],
  ["{{if 1}}{{end 2}}", '"2" cannot follow "end"', 14],
  ["{{range .Names}}{{else if 1}}{{end}}", '"if" cannot follow "else"', 23],
  ["{{break}}", "{{break}} must stand alone in a {{range}}", 0],
  ['{{define "x"}}{{end}}', "{{define}} is not supported", 0],
  ['{{template "x"}}', "{{template}} is not supported", 0],
  ['{{block "x" .}}{{end}}', "{{block}} is not supported", 0],
  ["{{(.ID}}", '")" is missing', 2],
  ["{{.ID)}}", '")" cannot stand here', 5],
  ["{{..}}", 'a blank is missing before "."', 3],
  ["{{.Labels.a-b}}", 'is read by index: {{index .Labels "a-b"}}', 11],
  ["{{$y}}", "variable $y is not known here", 2],
  ["{{$y = 1}}", "variable $y is not known here", 2],
  ["{{if true}}{{$y := 1}}{{end}}{{$y}}", "variable $y is not known", 31],
  ["{{foo}}", 'there is no function "foo" (fields begin with a dot: .foo', 2],
  ["{{.ID .Size}}", "what is no function takes no arguments", 6],
  ["{{3 | .ID}}", "only a function can follow |", 6],
  ["{{nil}}", "nil is not a command", 2],
  ["{{'ab'}}", "texts stand in double quotes", 2],
  ['{{"\\q"}}', "\\q is no escape sequence", 2],
  ["{{/* a", '"*/" is missing', 0],
  ["{{/* a */ b}}", '"}}" must follow "*/"', 7],
  ["{{.Foo}}", "there is no field .Foo; the fields are Config, Created", 2],
  ["{{.Config.Foo}}", "the fields are Env, Labels, User", 2],
  ["{{.ID.Foo}}", ".Foo is a field of a text, which has none", 2],
  ["{{.Names.Foo}}", ".Foo is a field of a list, which has none", 2],
  ["{{range .ID}}{{end}}", "range: a text is no list", 0],
  ["{{index .Names 5}}", "index: there is no item 5, only 2", 2],
  ["{{index .Names -1}}", 'index: "-1" is no number from 0 on', 2],
  ["{{len .Size}}", "len: a number has no length", 2],
  ['{{eq "a" 1}}', "eq: a text and a number cannot be compared", 2],
  ["{{slice .ID 5 2}}", "slice: there is no slice 5 to 2", 2],
  ['{{join .ID ","}}', "join: a text is no list", 2],
  [`{{${"(".repeat(999)}1${")".repeat(999)}}}`, "too many parentheses", 202],
  [
    "{{if 1}}".repeat(999) + "{{end}}".repeat(999),
    "more than 500 {{if}}",
    4000,
  ],
  ["{{1e400}}", "1e400 is no number", 2],
  ["{{upper}}", "upper: it takes 1 argument, not 0", 2],
  ["{{pad .ID 1e9 1}}", 'pad: "1000000000" is no number from 0 on', 2],
];

Deno.test("fillTemplate() refuses what Go refuses, and reports where", async (t) => {
  for (const [template, why, at] of REFUSED) {
    await t.step(template, () => {
      const error = assertThrows(() => fill(template), TemplateError, why);
      assertEquals(error.at, at);
    });
  }
});
