import { assertEquals, assertObjectMatch, assertThrows } from "@std/assert";
import {
  FINDMNT_COLUMNS,
  type MountEntry,
  parseFindmnt,
  parseMountInfo,
} from "../../../src/formats/storage/mount_table.ts";
import { needs } from "../../support/peers.ts";

const ROOT = {
  target: "/",
  source: "/dev/vda",
  fstype: "ext4",
  options: "rw,relatime",
  propagation: "shared",
};
const MERGED = {
  target: "/var/lib/or lop/merged",
  source: "overlay",
  fstype: "overlay",
  options: "rw,lowerdir=/a:/b",
  propagation: "private",
};
const EXPECTED = [ROOT, MERGED].map(({ fstype, ...rest }) => ({
  ...rest,
  type: fstype,
}));

Deno.test("parseFindmnt() reads lists and trees alike", () => {
  const list = { filesystems: [ROOT, MERGED] };
  const tree = { filesystems: [{ ...ROOT, children: [MERGED] }] };
  assertEquals(parseFindmnt(JSON.stringify(list)), EXPECTED);
  assertEquals(parseFindmnt(JSON.stringify(tree)), EXPECTED);
});

Deno.test("parseFindmnt() takes no output for no mounts", () => {
  assertEquals(parseFindmnt(""), []);
  assertEquals(parseFindmnt("\n"), []);
});

Deno.test("parseFindmnt() takes null for an empty column", () => {
  const entry = { target: "/x", source: null, fstype: "none", options: "rw" };
  assertEquals(parseFindmnt(JSON.stringify({ filesystems: [entry] })), [
    { target: "/x", source: "", type: "none", options: "rw", propagation: "" },
  ]);
});

Deno.test("parseFindmnt() refuses what findmnt does not print", async (t) => {
  const table = {
    "no JSON": "TARGET SOURCE",
    "no table": "[]",
    "no list": '{"filesystems":{}}',
    "no target": '{"filesystems":[{"source":"x"}]}',
    "a number for a target": '{"filesystems":[{"target":1}]}',
  };
  for (const [name, text] of Object.entries(table)) {
    await t.step(name, () => {
      assertThrows(() => parseFindmnt(text), SyntaxError, "findmnt");
    });
  }
});

Deno.test("parseMountInfo() reads each kind of line", async (t) => {
  const table: Readonly<
    Record<string, readonly [line: string, Partial<MountEntry>]>
  > = {
    "an overlay": [
      "40 32 0:36 / /s/merged rw,nodev - overlay overlay rw,lowerdir=/a:/b",
      {
        target: "/s/merged",
        source: "overlay",
        type: "overlay",
        options: "rw,nodev,lowerdir=/a:/b",
        propagation: "private",
      },
    ],
    "a part of a file system": [
      "31 22 254:0 /var/s /mnt rw,relatime shared:5 - ext4 /dev/vda rw",
      { target: "/mnt", source: "/dev/vda[/var/s]", propagation: "shared" },
    ],
    "blanks, line ends and backslashes": [
      "1 2 0:1 / /a\\040b\\011c\\012d\\134e rw - tmpfs x\\040y rw",
      { target: "/a b\tc\nd\\e", source: "x y", type: "tmpfs" },
    ],
    "a slave of others": [
      "1 2 0:1 / /a rw master:3 propagate_from:2 - tmpfs tmpfs rw",
      { target: "/a", propagation: "private,slave" },
    ],
    "both": [
      "1 2 0:1 / /a rw shared:9 master:3 - tmpfs tmpfs rw",
      { target: "/a", propagation: "shared,slave" },
    ],
    "what nobody can bind": [
      "1 2 0:1 / /a rw unbindable - tmpfs tmpfs rw",
      { target: "/a", propagation: "private,unbindable" },
    ],
    "a mount that only reads": [
      "1 2 0:1 / /a ro,relatime - ext4 /dev/vdb rw,discard",
      { target: "/a", options: "ro,relatime,discard" },
    ],
    "a file system that only reads": [
      "1 2 0:1 / /a rw,relatime - ext4 /dev/vdb ro",
      { target: "/a", options: "ro,relatime" },
    ],
    "no source": ["1 2 0:1 / /a rw - fuse  rw", { source: "", type: "fuse" }],
    "a name like the end of the fields": [
      "1 2 0:1 / - rw - tmpfs - rw",
      { target: "-", source: "-" },
    ],
  };
  for (const [name, [line, expected]] of Object.entries(table)) {
    await t.step(name, () => {
      const [entry, ...others] = parseMountInfo(`${line}\n`);
      assertEquals(others, []);
      assertObjectMatch({ ...entry }, expected);
    });
  }
});

Deno.test("parseMountInfo() refuses what the kernel does not print", () => {
  assertEquals(parseMountInfo(""), []);
  for (
    const line of ["x", "1 2 0:1 / /a rw tmpfs tmpfs rw", "1 2 3 / /a rw -"]
  ) {
    assertThrows(() => parseMountInfo(line), SyntaxError, `table: "${line}"`);
  }
});

Deno.test("parseMountInfo() and findmnt agree on this machine", {
  ignore: needs("findmnt").ignore,
}, async () => {
  // Both in one program's view, in which nobody else mounts.
  const script = "cat /proc/self/mountinfo; echo; findmnt --kernel --json " +
    `--list --output ${FINDMNT_COLUMNS}; echo; cat /proc/self/mountinfo`;
  for (;;) {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", script] })
      .output();
    const [before = "", json = "", after] = new TextDecoder().decode(stdout)
      .split("\n\n");
    if (before.trim() !== after?.trim()) continue; // others mount and unmount
    assertEquals(parseMountInfo(before), parseFindmnt(json));
    return;
  }
});
