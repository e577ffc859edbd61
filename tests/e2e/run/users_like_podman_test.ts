/** Who a container runs as: as podman has it, on the same image. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { toBinaryString } from "../../../src/formats/binary_string.ts";
import { toBytes } from "../../../src/formats/bytes.ts";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { archive, dir, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import {
  PEERS,
  type SharedStore,
  sharedStore,
} from "../../support/programs/shared_store.ts";

const NEEDED = needs(...PEERS);

const PASSWD = `root:x:0:0:root:/root:/bin/sh
app:x:1000:1000::/home/app:/bin/sh
lonely:x:40:41::/lonely:
twice:x:50:51::/first:
twice:x:0:0::/second:
shared:x:50:53::/third:
short:x:60
dos:x:61:62::/dos:/bin/sh\r
#comment:x:63:64::/comment:
+nis:x:65:66::/nis:

+::::::
   indented:x:67:68::/indented:
nul:x:69:70:a\0b:/nul:
word:x:abc:5::/word:
wide:x:4294967296:5::/wide:
${"l".repeat(60_000)}:x:71:72::/long:
1234:x:0:0::/digits:
+5:x:0:0::/digits:
0x10:x:0:0::/digits:
5 :x:0:0::/digits:
1_000:x:0:0::/digits:
４:x:0:0::/digits:
4294967296:x:0:0::/digits:
last:x:80:81::/last:`;
const GROUP = `root:x:0:
adm:x:4:app,other,root
bin:x:10:app
app:x:1000:
two:x:2000:app,app
again:x:10:app
twice:x:201:twice
twice:x:202:app
dos:x:203:dos\r
blank:x:204:twice, dos
word:x:abc:nobody
short:x:205
1234:x:0:
5:x:abc:
0x10:x:0:
members:x:300:${"m,".repeat(100_000)}app
last:x:206:last`;

/** What a row must come to; podman's user, but these groups. */
type Right = "podman's" | "refused" | { readonly groups: string };

/** By `--user`; another right where podman takes a number for a name, or root. */
const FLAGS: readonly (readonly [user: string, right: Right])[] = [
  [":5", { groups: "5" }],
  ["5:5", { groups: "5" }],
  ["1234:1234", { groups: "1234" }],
  ...like("root", "0", "00", "-0", "+0", ":", "0:0", "root:root", "0:root"),
  ...like("app", "1000", "01000", "+1000", "app:", "1000:", "app:app"),
  ...like("app:bin", "app:10", "app:010", "1000:two", "app:4242", "1000:0"),
  ...like(":10", ":bin", ":+10", "lonely", "40", "lonely:bin"),
  ...like("5", "7", "007", "1234", "1234:bin", "5:", "+5"),
  ...like("2147483647", "2147483647:2147483647", "twice", "50", "shared"),
  ...like("short", "60", "dos", "61", "#comment", "63", "+nis", "65"),
  ...like("indented", "67", "nul", "69", "71", "last", "80", "dos:twice"),
  ...like("nobody", "app:nobody", "5:nobody", " app", "App", "-1", "app:-1"),
  ...like("2147483648", "4294967295", "app:2147483648", "99999999999999999999"),
  ...like("", " 5", "app: 10", "app:1_000", "app:４", "1e3"),
  ...[
    "0x10",
    "5 ",
    "1_000",
    "4294967296",
    "app:0x10",
    "word",
    "wide",
    "app:word",
  ]
    .map((user) => [user, "refused"] as const),
];

function like(...users: readonly string[]) {
  return users.map((user) => [user, "podman's"] as const);
}

/** By the image's `USER`. */
const IMAGES = ["root", "app", "1000", "1234", "app:two", ":10", "7:bin", "-1"];

Deno.test("run has podman's users and groups", NEEDED, async (t) => {
  await using store = sharedStore();
  await pull(store, "any", {});
  for (const [user, right] of FLAGS) {
    await t.step(`--user ${JSON.stringify(user)}`, async () => {
      await compare(store, { flags: ["--user", user], image: "any", right });
    });
  }
  for (const [index, User] of IMAGES.entries()) {
    await t.step(`USER ${User}`, async () => {
      await pull(store, `user${index}`, { User });
      const image = `user${index}`;
      await compare(store, { flags: [], image, right: "podman's" });
    });
  }
});

async function pull(
  store: SharedStore,
  name: string,
  config: Readonly<Record<string, unknown>>,
): Promise<void> {
  const layout = store.join(name);
  const etc = archive(
    dir("etc/"),
    file("etc/passwd", binary(PASSWD)),
    file("etc/group", binary(GROUP)),
  );
  await writeBusyboxLayout(layout, { layers: [etc], config });
  await store.orlop("pull", `oci:${layout}`);
}

const SHOW = "id 2>/dev/null; cat /proc/self/status; echo home:$HOME";

async function compare(
  store: SharedStore,
  { flags, image, right }: {
    readonly flags: readonly string[];
    readonly image: string;
    readonly right: Right;
  },
): Promise<void> {
  const words = [...flags, `localhost/${image}`, "sh", "-c", SHOW];
  const [own, theirs] = await Promise.all([
    store.tryOrlop("run", "--rm", ...words),
    store.podmanRun("--rm", ...words).catch(() => undefined),
  ]);
  if (right === "refused" || theirs === undefined) {
    assertStringIncludes(own.err, "Cannot find ");
    assertEquals(own.out, "");
    assert(own.code !== 0);
    return;
  }
  assertEquals(own.err, "");
  const ours = parse(own.out);
  assert(ours.groups.includes(ours.gid), "the primary group is no group of it");
  const expected = withPrimary(parse(theirs));
  const { names, ...identity } = ours;
  assertEquals(identity, {
    uid: expected.uid,
    gid: expected.gid,
    groups: right === "podman's" ? expected.groups : right.groups.split(" "),
    home: expected.home,
  });
  // To fewer spellings of an unknown number podman gives a name.
  for (const [index, name] of expected.names.entries()) {
    if (name !== "") assertEquals(names[index], name);
  }
}

interface Identity {
  readonly uid: string;
  readonly gid: string;
  readonly groups: readonly string[];
  readonly home: string;
  /** Of user and group, as `id` knows them. */
  readonly names: readonly string[];
}

/** Reads what {@linkcode SHOW} printed. */
function parse(output: string): Identity {
  const pick = (pattern: RegExp) => pattern.exec(output)?.[1] ?? "";
  return {
    uid: pick(/^uid=(\d+)/m),
    gid: pick(/ gid=(\d+)/),
    groups: pick(/^Groups:(.*)$/m).split(/\s/).filter(Boolean),
    // runc makes it empty where the user's line has none.
    home: pick(/^home:(.*)$/m) || "/",
    names: [pick(/^uid=\d+\((.*?)\)/m), pick(/ gid=\d+\((.*?)\)/)],
  };
}

/** podman 4.3 forgets the primary group of a user that nobody named. */
function withPrimary(identity: Identity): Identity {
  const groups = [...new Set([...identity.groups, identity.gid])]
    .toSorted((a, b) => Number(a) - Number(b));
  return { ...identity, groups };
}

/** As archives have it: a character for each byte. */
function binary(text: string): string {
  return toBinaryString(toBytes(text));
}
