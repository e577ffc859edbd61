import { assertEquals, assertThrows } from "@std/assert";
import { parseFindmnt } from "../../../src/formats/storage/mount_table.ts";

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
