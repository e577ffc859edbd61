import { assertEquals, assertRejects } from "@std/assert";
import {
  lookUpUser,
  type UserLookupOptions,
} from "../../src/image/user_lookup.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": `root:x:0:0:root:/root:/bin/sh
web:x:33:34::/var/www:/bin/false
homeless:x:50:51
5000:x:0:0::/odd:
+6:x:0:0::/odd:
0x10:x:0:0::/odd:
5 :x:0:0::/odd:
４:x:0:0::/odd:
zero:x:0:0::/odd:
web:x:0:0::/second:
nul:x:52:53::/a\0b:
`,
  "etc/group": `root:x:0:
adm:x:4:web,other
audio:x:29:web,root
web:x:34:web
again:x:29:web
4000:x:0:
`,
};

async function* linesOf(text = ""): AsyncIterable<string> {
  yield* text.split("\n");
}

function lookUp(user: string, files = FILES) {
  return lookUpUser(user, (path) => linesOf(files[path]));
}

Deno.test("lookUpUser() finds users and their groups", async (t) => {
  const web = { uid: 33, gid: 34, groups: [4, 29, 34], home: "/var/www" };
  const root = { uid: 0, gid: 0, groups: [0, 29], home: "/root" };
  const plain = (uid: number, gid: number, home: string) => ({
    ...{ uid, gid, home },
    groups: [gid],
  });
  const table = {
    "": root,
    "root": root,
    "0": root,
    "-0": root,
    "+0": root,
    "000": root,
    ":": plain(0, 0, "/root"),
    "root:root": plain(0, 0, "/root"),
    "web": web,
    "33": web,
    "0033": web,
    "+33": web,
    "web:": plain(33, 34, "/var/www"),
    "33:": plain(33, 34, "/var/www"),
    "web:adm": plain(33, 4, "/var/www"),
    "web:4": plain(33, 4, "/var/www"),
    "web:+004": plain(33, 4, "/var/www"),
    "web:999": plain(33, 999, "/var/www"),
    "1234": plain(1234, 0, "/"),
    "1234:29": plain(1234, 29, "/"),
    "2147483647:2147483647": plain(2147483647, 2147483647, "/"),
    ":adm": plain(0, 4, "/root"),
    ":7": plain(0, 7, "/root"),
    "homeless": plain(50, 51, "/"),
    "nul": plain(52, 53, "/"),
    // Whatever the image calls by these names.
    "5000": plain(5000, 0, "/"),
    "5000:4000": plain(5000, 4000, "/"),
    "6": plain(6, 0, "/"),
    "+6": plain(6, 0, "/"),
  };
  for (const [user, { groups, ...expected }] of Object.entries(table)) {
    await t.step(`"${user}"`, async () => {
      const found = await lookUp(user);
      assertEquals(found, { ...expected, additionalGids: groups });
    });
  }
});

Deno.test("lookUpUser() needs no files for numbers", async () => {
  const expected = { uid: 7, gid: 8, additionalGids: [8], home: "/" };
  assertEquals(await lookUp("7:8", {}), expected);
  const root = { uid: 0, gid: 0, additionalGids: [0], home: "/" };
  assertEquals(await lookUp("", {}), root);
});

Deno.test("lookUpUser() lets its caller choose groups", async (t) => {
  const table: [UserLookupOptions, number, readonly number[]][] = [
    [{}, 34, [4, 29, 34]],
    [{ groups: ["7", "adm"] }, 34, [4, 7, 29, 34]],
    [{ gid: 9 }, 9, [4, 9, 29, 34]],
    [{ memberships: "ignore" }, 34, [34]],
    [{ gid: 9, groups: ["7"], memberships: "ignore" }, 9, [7, 9]],
  ];
  for (const [options, gid, groups] of table) {
    await t.step(JSON.stringify(options), async () => {
      const found = await lookUpUser(
        "web",
        (path) => linesOf(FILES[path]),
        options,
      );
      assertEquals([found.gid, found.additionalGids], [gid, groups]);
    });
  }
});

Deno.test("lookUpUser() refuses whom it does not find", async (t) => {
  const noId = (kind: string, text: string) =>
    `Cannot find ${kind} "${text}": an ID is a decimal number from 0 to ` +
    "2147483647";
  const numbers = [
    ...["-1", "2147483648", "4294967295", "4294967296", "0x10", " 5", "5 "],
    ...["1_000", "４", "99999999999999999999", "1e3", "1.0", "5\n"],
  ];
  const table: Record<string, string> = {
    ...Object.fromEntries(numbers.map((text) => [text, noId("user", text)])),
    ...Object.fromEntries(
      numbers.map((text) => [`web:${text}`, noId("group", text)]),
    ),
    "nobody": 'Cannot find user "nobody": it is not in the image\'s',
    "web:nobody": 'Cannot find group "nobody": it is not in the image\'s',
    " web": 'Cannot find user " web": it is not',
    "Web": 'Cannot find user "Web": it is not',
    "a:b:c": "expected user:group",
  };
  for (const [user, message] of Object.entries(table)) {
    await t.step(JSON.stringify(user), async () => {
      await assertRejects(() => lookUp(user), TypeError, message);
    });
  }
  await t.step("root, where there are no files", async () => {
    const message = 'Cannot find user "root": it is not';
    await assertRejects(() => lookUp("root", {}), TypeError, message);
  });
});

Deno.test("lookUpUser() counts groups as the kernel does", async () => {
  const files = (count: number) => ({
    "etc/passwd": "web:x:33:34::/:",
    "etc/group": Array.from(
      { length: count },
      (_, index) => `g${index}:x:${100_000 + index}:web`,
    ).join("\n"),
  });
  const found = await lookUp("web", files(65_535));
  assertEquals(found.additionalGids.length, 65_536);
  await assertRejects(
    () => lookUp("web", files(65_536)),
    TypeError,
    'Cannot use user "web": it is in 65537 groups, the kernel takes 65536',
  );
});
