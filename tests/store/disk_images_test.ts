import { assert, assertEquals, assertFalse } from "@std/assert";
import { join } from "@std/path";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { toBytes } from "../../src/formats/bytes.ts";
import { isUnrecorded, openDiskImages } from "../../src/store/disk_images.ts";
import { imageDirectory, layOut } from "../../src/store/paths.ts";
import { imageIdOf } from "../../src/formats/storage/store_ids.ts";
import { trace } from "../fs/traced_writes.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const ID = imageIdOf(digestOf(toBytes("config")));

Deno.test("items are files that only their owner may read", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.join("root"), runRoot: dir.join("run") });
  const images = openDiskImages(paths);
  const directory = imageDirectory(paths, ID);
  const items = [["a", toBytes("one")], ["m:1", toBytes("two")]] as const;
  images.writeItems({ id: ID, items, isRecorded: false });
  assertEquals(readdirSync(directory).toSorted(), ["=bTox", "a"]);
  assertEquals(statSync(join(directory, "a")).mode & 0o777, 0o600);
  assertEquals(statSync(directory).mode & 0o777, 0o700);
});

Deno.test("items say that no record names them, until one does", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.join("root"), runRoot: dir.join("run") });
  const images = openDiskImages(paths);
  const directory = imageDirectory(paths, ID);
  const image = { id: ID, items: [["a", toBytes("one")]] } as const;
  images.writeItems({ ...image, isRecorded: false });
  assert(isUnrecorded(directory));
  images.confirm(ID);
  assertFalse(isUnrecorded(directory));
  images.writeItems({ ...image, isRecorded: true }); // pulled once more
  assertFalse(isUnrecorded(directory));
});

Deno.test("items that are missing are none, and folders in their place go", () => {
  using dir = tempDir();
  const paths = layOut({ root: dir.join("root"), runRoot: dir.join("run") });
  const images = openDiskImages(paths);
  const directory = imageDirectory(paths, ID);
  assertEquals(images.readItem(ID, "a"), undefined);
  mkdirSync(join(directory, "a", "b"), { recursive: true });
  images.writeItems({
    ...{ id: ID, isRecorded: true },
    items: [["a", toBytes("one")]],
  });
  assertEquals(images.readItem(ID, "a"), toBytes("one"));
  assertEquals(images.readItem(ID, "b"), undefined);
  images.removeItems(ID);
  assertEquals(images.readItem(ID, "a"), undefined);
  writeFileSync(directory, ""); // a file in the place of the folder
  assertEquals(images.readItem(ID, "a"), undefined);
});

Deno.test("items are on the disk before anything names them", {
  ...needs("strace"),
}, async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("overlay-images"));
  const events = await trace(
    dir.path,
    `const paths = layOut({ root: dir, runRoot: dir + "/run" });
     openDiskImages(paths).writeItems({
       id: "${ID}",
       items: [["one", new Uint8Array(1)]],
       isRecorded: false,
     });`,
  );
  const place = `DIR/overlay-images/${ID}`;
  assertEquals(events, [
    ...[`write ${place}/TEMP-one`, `fdatasync ${place}/TEMP-one`],
    ...[`rename ${place}/TEMP-one`, `fsync ${place}`],
    ...[`fsync ${place}`, "fsync DIR/overlay-images"],
  ]);
});
