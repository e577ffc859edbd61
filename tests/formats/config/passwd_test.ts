import { assert, assertEquals } from "@std/assert";
import {
  isNumeric,
  parseGroupLine,
  parseId,
  parsePasswdLine,
} from "../../../src/formats/config/passwd.ts";

Deno.test("parsePasswdLine() reads users", async (t) => {
  const table = {
    "web:x:33:34::/var/www:/bin/sh": ["web", 33, 34, "/var/www"],
    "dos:x:1:2::/dos:/bin/sh\r": ["dos", 1, 2, "/dos"],
    "  indented:x:1:2::/i:": ["indented", 1, 2, "/i"],
    "no-home:x:7:8": ["no-home", 7, 8, ""],
    "no-group:x:7": ["no-group", 7, 0, ""],
    "empty-group:x:7:::/e:": ["empty-group", 7, 0, "/e"],
    "signs:x:+7:+8::/s:": ["signs", 7, 8, "/s"],
    "zeros:x:007:008::/z:": ["zeros", 7, 8, "/z"],
    "largest:x:4294967294:0::/l:": ["largest", 4294967294, 0, "/l"],
    // As in podman, a user like any other.
    "#comment:x:9:9::/c:": ["#comment", 9, 9, "/c"],
    "+nis:x:9:9::/n:": ["+nis", 9, 9, "/n"],
  } as const;
  for (const [line, [name, uid, gid, home]] of Object.entries(table)) {
    await t.step(line, () => {
      assertEquals(parsePasswdLine(line), { name, uid, gid, home });
    });
  }
});

Deno.test("parsePasswdLine() finds nobody where there is no ID", async (t) => {
  const lines = [
    "",
    "\r",
    "# comment",
    "+::::::",
    "+",
    "+@netgroup::::::",
    "short:x",
    "no-id:x::1::/:",
    "negative:x:-1:1::/:",
    "hexadecimal:x:0x10:1::/:",
    "word:x:root:1::/:",
    "nobody-at-all:x:4294967295:1::/:",
    "truncated-to-root:x:4294967296:1::/:",
    "huge:x:99999999999999999999:1::/:",
    "word-for-a-group:x:1:staff::/:",
    ":x:1:1::/:",
  ];
  for (const line of lines) {
    await t.step(JSON.stringify(line), () => {
      assertEquals(parsePasswdLine(line), undefined);
    });
  }
});

Deno.test("parseGroupLine() reads groups and their members", async (t) => {
  const table = {
    "adm:x:4:foo,bar": { name: "adm", gid: 4, members: ["foo", "bar"] },
    "adm:x:4:foo,\r": { name: "adm", gid: 4, members: ["foo"] },
    "empty:x:5:": { name: "empty", gid: 5, members: [] },
    "short:x:5": { name: "short", gid: 5, members: [] },
    "blanks:x:5:a, b": { name: "blanks", gid: 5, members: ["a", " b"] },
    "bad:x:y:foo": undefined,
    "none:x::foo": undefined,
    "minus:x:-5:foo": undefined,
    "+": undefined,
    "": undefined,
  };
  for (const [line, expected] of Object.entries(table)) {
    await t.step(line || "an empty line", () => {
      assertEquals(parseGroupLine(line), expected);
    });
  }
});

Deno.test("parseId() takes what podman takes", () => {
  const ids = {
    "0": 0,
    "-0": 0,
    "+5": 5,
    "007": 7,
    "2147483647": 2147483647,
  };
  for (const [text, id] of Object.entries(ids)) {
    assert(Object.is(parseId(text), id), text);
  }
  const others = ["", "-1", "1.0", "1e3", " 1", "1 ", "0x1", "2147483648"];
  for (const text of [...others, "1_000", "４", "+", "--1", "1\n"]) {
    assertEquals(parseId(text), undefined, text);
  }
});

Deno.test("isNumeric() sees numbers in every spelling", async (t) => {
  const numbers = [
    ...["0", "1234", "+5", "-1", "007", " 5", "5 ", "\t5", "5\n", "5\u00a0"],
    ...["0x10", "0X1F", "-0x1", "0o17", "0b11", "1_000", "0x_1", "1e3", "1E+3"],
    ...["1.0", "1,000", "1 000", "1'000", "5-5", "½", "４", "٣", "Ⅷ", "¹"],
    ...["5\u200b", "\u202e5", "5\0", "99999999999999999999", "1.5e3"],
  ];
  for (const text of numbers) {
    await t.step(JSON.stringify(text), () => assert(isNumeric(text)));
  }
  const names = ["root", "7zip", "x11", "0xide", "web1", "e3", "_", "+", "-"];
  for (const text of [...names, "", "1e", "0b2", "four", "四1"]) {
    await t.step(`no number: ${text}`, () => assert(!isNumeric(text)));
  }
});
