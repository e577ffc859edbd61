import { assertEquals, assertThrows } from "@std/assert";
import { UnsupportedStoreError } from "../../src/errors/store_errors.ts";
import {
  parseContainerId,
  parseImageId,
  parseLayerId,
} from "../../src/formats/storage/store_ids.ts";
import { checkLocation, realLocation } from "../../src/store/location.ts";
import * as paths from "../../src/store/paths.ts";
import { tempDir } from "../support/temp_dir.ts";

const ID = "ab".repeat(32);

Deno.test("layOut() lays a store out as containers/storage does", () => {
  const all = paths.layOut({ root: "/r", runRoot: "/u" });
  assertEquals(all, {
    ...{ root: "/r", runRoot: "/u", home: "/r/overlay" },
    ...{ links: "/r/overlay/l", layers: "/r/overlay-layers" },
    ...{ staging: "/r/overlay-layers/tmp", images: "/r/overlay-images" },
    ...{ containers: "/r/overlay-containers", runLayers: "/u/overlay-layers" },
    runContainers: "/u/overlay-containers",
  });
  const [layer, image, container] = [
    ...[parseLayerId(ID), parseImageId(ID), parseContainerId(ID)],
  ] as const;
  assertEquals([
    paths.layerDirectory(all, layer),
    paths.tarSplitPath(all, layer),
    paths.imageDirectory(all, image),
    paths.workDirectory(all, container),
    paths.runDirectory(all, container),
    paths.attachmentPath(all, container),
    paths.downloadsDirectory(all),
    paths.exitsDirectory(all),
  ], [
    `/r/overlay/${ID}`,
    `/r/overlay-layers/${ID}.tar-split.gz`,
    `/r/overlay-images/${ID}`,
    `/r/overlay-containers/${ID}/userdata`,
    `/u/overlay-containers/${ID}/userdata`,
    `/r/orlop/attachments/${ID}.json`,
    "/r/orlop/downloads",
    "/u/orlop/exits",
  ]);
});

Deno.test("checkLocation() takes what can be made, and what is there", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("root"));
  await Deno.symlink("root", dir.join("link"));
  for (const root of ["root", "link", "new", "new/deeper", "root/x"]) {
    checkLocation({ root: dir.join(root), runRoot: dir.join("run") });
  }
});

Deno.test("checkLocation() reports why a store cannot be there", async (t) => {
  using dir = tempDir();
  await Deno.writeTextFile(dir.join("file"), "");
  await Deno.symlink("gone", dir.join("dangling"));
  await Deno.symlink("/", dir.join("slash"));
  await Deno.mkdir(dir.join("a,b"));
  await Deno.symlink("a,b", dir.join("comma"));
  await Deno.mkdir(dir.join("old/overlay2"), { recursive: true });
  const form = "expected an absolute path without control characters or any " +
    'of , : " \\';
  const own = "a store has a directory of its own, and this is the root of all";
  const cases: readonly (readonly [string, string])[] = [
    ["store", form],
    ["", form],
    ["/a,b", form],
    ["/a:b", form],
    ['/a"b', form],
    ["/a\\b", form],
    ["/a\nb", form],
    ["/", own],
    [dir.join("slash"), own],
    [dir.join("comma"), `"${dir.join("a,b")}": ${form}`],
    [dir.join("file"), `"${dir.join("file")}" is not a directory`],
    [dir.join("file/x"), `"${dir.join("file")}" is not a directory`],
    [
      dir.join("dangling"),
      `"${dir.join("dangling")}" is a symbolic link to "gone", which is not ` +
      "there",
    ],
    [
      dir.join("dangling/x"),
      `"${dir.join("dangling")}" is a symbolic link to "gone", which is not ` +
      "there",
    ],
    [
      dir.join("old"),
      'it was made by driver "overlay2"; only "overlay" is supported',
    ],
  ];
  for (const [root, why] of cases) {
    await t.step(JSON.stringify(root), () => {
      const error = assertThrows(
        () => checkLocation({ root, runRoot: dir.join("run") }),
        UnsupportedStoreError,
      );
      assertEquals(error.message, `Cannot open store "${root}": ${why}`);
    });
  }
  await t.step("nor what is of a boot", () => {
    const error = assertThrows(
      () => checkLocation({ root: dir.join("root"), runRoot: "run" }),
      UnsupportedStoreError,
    );
    assertEquals(error.message, `Cannot open store "run": ${form}`);
  });
});

Deno.test("realLocation() follows links, also above what is not there yet", async () => {
  using dir = tempDir();
  await Deno.mkdir(dir.join("real"));
  await Deno.symlink("real", dir.join("link"));
  const found = realLocation({
    root: dir.join("link/new/root"),
    runRoot: dir.join("link"),
  });
  assertEquals(found, {
    root: dir.join("real/new/root"),
    runRoot: dir.join("real"),
  });
});
