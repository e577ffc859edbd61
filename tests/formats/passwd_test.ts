import { assertEquals } from "@std/assert";
import { parseGroup, parseId, parsePasswd } from "../../src/formats/passwd.ts";

Deno.test("parsePasswd() reads users", () => {
  const text = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/var/www:\n";
  assertEquals(parsePasswd(text), [
    { name: "root", uid: 0, gid: 0, home: "/root" },
    { name: "web", uid: 33, gid: 34, home: "/var/www" },
  ]);
});

Deno.test("parsePasswd() passes over what is no user", () => {
  const text = [
    "# comment",
    "#root:x:0:0::/:",
    "",
    "+::::::",
    "short:x:1",
    "negative:x:-1:1::/:",
    "octal:x:0x10:1::/:",
    "huge:x:2147483648:1::/:",
    ":x:1:1::/:",
    "no-home:x:7:8",
  ].join("\n");
  assertEquals(parsePasswd(text), [
    { name: "no-home", uid: 7, gid: 8, home: "" },
  ]);
});

Deno.test("parseGroup() reads groups and their members", () => {
  assertEquals(parseGroup("adm:x:4:foo,bar\nempty:x:5:\nbad:x:y:\n"), [
    { name: "adm", gid: 4, members: ["foo", "bar"] },
    { name: "empty", gid: 5, members: [] },
  ]);
});

Deno.test("parseId() takes what runc takes", () => {
  assertEquals(parseId("0"), 0);
  assertEquals(parseId("2147483647"), 2147483647);
  for (const text of ["", "-1", "+1", "1.0", "1e3", " 1", "2147483648"]) {
    assertEquals(parseId(text), undefined);
  }
});
