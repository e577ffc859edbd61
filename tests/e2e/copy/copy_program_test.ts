/** `orlop copy` and `orlop save` as users run them, with no more than they may do. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
} from "@std/assert";
import { existsSync } from "node:fs";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { archive, file } from "../../support/images/tar_builder.ts";
import { needs } from "../../support/peers.ts";
import { startOrlop } from "../../support/programs/orlop_process.ts";
import { until } from "../../support/until.ts";
import { ORLOP, orlopIn } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";
import { listDirectory } from "../../../src/fs/list_directory.ts";

const TARS = [archive(file("a", "one")), archive(file("b\xff", "two"))];
const LAYERS = TARS.map((tar) => ({ blob: tar, diffId: digestOf(tar) }));

Deno.test({
  name:
    "orlop copy may write where it is told to, and reports what became of it",
  ...needs("root", "tar"),
  async fn() {
    using dir = tempDir();
    await writeLayout(dir.join("layout"), LAYERS);
    const orlop = orlopIn(dir.path);
    const from = `oci:${dir.join("layout")}`;
    const places = [
      `dir:${dir.join("folder")}`,
      `oci:${dir.join("copy")}:1`,
      `oci-archive:${dir.join("copy.tar")}:1`,
      `docker-archive:${dir.join("docker.tar")}:a/b:1`,
      "containers-storage:localhost/a:1",
      `containers-storage:[overlay@${dir.join("s")}+${dir.join("r")}]b:1`,
    ];
    const file = dir.join("digest");
    for (const to of places) {
      const { code, out, err } = await orlop(
        ...["copy", "-q", "--digestfile", file, from, to],
      );
      assertEquals([code, err], [0, ""], to);
      assertEquals(await Deno.readTextFile(file), out);
      // And back again, as what it is now.
      const back = await orlop("copy", "-q", to, `dir:${dir.join("back")}`);
      assertEquals([back.code, back.err], [0, ""], to);
    }
    const names = `docker-archive:${dir.join("names.tar")}:a/b:1`;
    await orlop("copy", "-q", "--additional-tag", "c/d:2", from, names);
    const loaded = await orlop("load", "-q", "-i", dir.join("names.tar"));
    for (const name of ["docker.io/a/b:1", "docker.io/c/d:2"]) {
      assertStringIncludes(loaded.out, name);
    }
    const other = `containers-storage:@${"a".repeat(64)}`;
    const refused = await orlop("copy", from, other);
    assertEquals(refused.code, 2);
    assertStringIncludes(refused.err, "the ID of the image is");
    const again = await orlop("copy", from, `dir:${dir.path}`);
    assertEquals(again.code, 5);
    assertStringIncludes(again.err, "not to be overwritten");
    const nowhere = await orlop("copy", "a", "dir:b");
    assertEquals(nowhere.code, 2);
    assertStringIncludes(nowhere.err, "names no transport");
  },
});

Deno.test({
  name: "orlop save goes into orlop load, and the image is the same",
  ...needs("root", "tar", "sh"),
  async fn() {
    using dir = tempDir();
    await writeLayout(dir.join("layout"), LAYERS);
    const orlop = orlopIn(dir.path);
    const id = (await orlop("pull", "-q", `oci:${dir.join("layout")}`)).out;
    for (const format of ["docker-archive", "oci-archive"]) {
      const other = dir.join(`other-${format}`);
      const line = `"$ORLOP" save -q --format ${format} ${id} |
        ORLOP_ROOT=${other} ORLOP_RUNROOT=${other}-run "$ORLOP" load -q &&
        ORLOP_ROOT=${other} ORLOP_RUNROOT=${other}-run \
        "$ORLOP" images -q --no-trunc`;
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: ["-c", line],
        env: {
          ORLOP,
          ORLOP_DENO: Deno.execPath(),
          ORLOP_ROOT: dir.join("root"),
          ORLOP_RUNROOT: dir.join("runroot"),
        },
      }).output();
      const [said, told] = [stdout, stderr].map((bytes) =>
        new TextDecoder().decode(bytes)
      );
      assertEquals([code, told], [0, ""], format);
      assertStringIncludes(said ?? "", id);
    }
  },
});

Deno.test({
  name: "orlop copy leaves nothing behind when it is stopped",
  ...needs("root", "tar"),
  async fn() {
    using dir = tempDir();
    const random = new Uint8Array(64 * 1024 * 1024);
    for (let at = 0; at < random.length; at += 65_536) {
      crypto.getRandomValues(random.subarray(at, at + 65_536));
    }
    const tar = archive(file("big", "", { size: random.length }), random);
    await writeLayout(dir.join("layout"), [
      { blob: tar, diffId: digestOf(tar) },
    ]);
    const target = dir.join("target");
    const from = `oci:${dir.join("layout")}`;
    const process = startOrlop(dir.path, "copy", "-q", from, `oci:${target}:1`);
    await until(() => existsSync(target));
    process.kill("SIGINT");
    const { code, err } = await process.result;
    assert(code !== 0);
    assertStringIncludes(err, "SIGINT");
    assertEquals(listDirectory(target), []);
    assertFalse(existsSync(target));
  },
});
