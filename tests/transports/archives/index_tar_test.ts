import { assertEquals, assertRejects } from "@std/assert";
import { toText } from "../../../src/formats/bytes.ts";
import { indexTar } from "../../../src/transports/archives/index_tar.ts";
import {
  archive,
  dir,
  file,
  fragment,
  gnuLong,
  hardlink,
  pax,
  symlink,
} from "../../support/images/tar_builder.ts";
import { tempDir } from "../../support/temp_dir.ts";

const LONG = "directory/".repeat(20) + "name";

Deno.test("indexTar() finds members behind large ones, by any name", async () => {
  using folder = tempDir();
  const path = folder.join("a.tar");
  const large = 100_001;
  const bytes = archive(
    dir("d/"),
    file("large", "x".repeat(large)),
    file("d/small", "small"),
    pax({ path: "pax" }),
    file("short", "by pax"),
    gnuLong("L", LONG),
    file("short", "by gnu"),
    symlink("sym", "d/small"),
    hardlink("hard", "d/small"),
    { name: "fifo", type: "6" },
    file("empty", ""),
    file("twice", "first"),
    file("twice", "last"),
  );
  await Deno.writeFile(path, bytes);
  using opened = await Deno.open(path);
  const index = await indexTar(opened, { size: bytes.length });
  const contentOf = (name: string, which: "first" | "last" = "first") => {
    const member = index.find(name, which);
    if (member === undefined) return undefined;
    const { offset, size } = member;
    return toText(bytes.subarray(offset, offset + size));
  };
  const found = ["d/small", "./d//small", "pax", LONG, "empty", "short", "d"];
  assertEquals(
    found.map((name) => contentOf(name)),
    ["small", "small", "by pax", "by gnu", "", undefined, undefined],
  );
  assertEquals(index.find("large", "first")?.size, large);
  assertEquals(
    [contentOf("twice", "first"), contentOf("twice", "last")],
    ["first", "last"],
  );
  assertEquals(
    ["sym", "hard", "fifo"].map((name) => {
      const { type, linkName } = index.find(name, "first") ?? {};
      return [type, linkName];
    }),
    [["symlink", "d/small"], ["link", "d/small"], ["other", ""]],
  );
});

Deno.test("indexTar() keeps so many members in mind, and no more", async () => {
  using folder = tempDir();
  const path = folder.join("a.tar");
  const member = fragment(file("a", ""));
  const bytes = new Uint8Array(member.length * 200_001);
  for (let at = 0; at < bytes.length; at += member.length) {
    bytes.set(member, at);
  }
  await Deno.writeFile(path, bytes);
  using opened = await Deno.open(path);
  await assertRejects(
    () => indexTar(opened, { size: bytes.length }),
    RangeError,
    "more than 200000 members",
  );
});

Deno.test("indexTar() stops when it is told to", async () => {
  using folder = tempDir();
  const bytes = archive(file("a", "a"));
  await Deno.writeFile(folder.join("a.tar"), bytes);
  using opened = await Deno.open(folder.join("a.tar"));
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(
    () => indexTar(opened, { size: bytes.length, signal }),
    Error,
    "enough",
  );
});
