import { assertEquals, assertRejects } from "@std/assert";
import { lookUpUser } from "../../src/image/user_lookup.ts";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": `root:x:0:0:root:/root:/bin/sh
web:x:33:34::/var/www:/bin/false
homeless:x:50:51
5000:x:60:61::/odd:
`,
  "etc/group": `root:x:0:
adm:x:4:web,other
audio:x:29:web
web:x:34:web
again:x:29:web
`,
};

function lookUp(user: string, files = FILES) {
  return lookUpUser(user, (path) => Promise.resolve(files[path]));
}

Deno.test("lookUpUser() finds users and their groups", async (t) => {
  const web = { uid: 33, gid: 34, additionalGids: [4, 29], home: "/var/www" };
  const plain = (uid: number, gid: number, home: string) => ({
    uid,
    gid,
    additionalGids: [],
    home,
  });
  const table = {
    "": plain(0, 0, "/root"),
    "root": plain(0, 0, "/root"),
    "0": plain(0, 0, "/root"),
    "web": web,
    "33": web,
    "web:adm": plain(33, 4, "/var/www"),
    "web:4": plain(33, 4, "/var/www"),
    "web:999": plain(33, 999, "/var/www"),
    "1234": plain(1234, 0, "/"),
    "1234:29": plain(1234, 29, "/"),
    ":adm": plain(0, 4, "/root"),
    "homeless": plain(50, 51, "/"),
    // A name first, as in libc.
    "5000": plain(60, 61, "/odd"),
  };
  for (const [user, expected] of Object.entries(table)) {
    await t.step(`"${user}"`, async () => {
      assertEquals(await lookUp(user), expected);
    });
  }
});

Deno.test("lookUpUser() needs no files for numbers", async () => {
  const expected = { uid: 7, gid: 8, additionalGids: [], home: "/" };
  assertEquals(await lookUp("7:8", {}), expected);
  assertEquals(await lookUp("", {}), { ...expected, uid: 0, gid: 0 });
});

Deno.test("lookUpUser() refuses whom it does not find", async (t) => {
  const table = {
    "nobody": 'Cannot find user "nobody": it is not in the image\'s',
    "web:nobody": 'Cannot find group "nobody"',
    "4294967296": 'Cannot find user "4294967296"',
    "-1": 'Cannot find user "-1"',
    "a:b:c": "expected user:group",
  };
  for (const [user, message] of Object.entries(table)) {
    await t.step(user, async () => {
      await assertRejects(() => lookUp(user), TypeError, message);
    });
  }
});
