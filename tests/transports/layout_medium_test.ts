import { assertEquals, assertRejects } from "@std/assert";
import { InvalidManifestError } from "../../src/errors/image_errors.ts";
import { listDirectory } from "../../src/fs/list_directory.ts";
import { copyToLayout } from "../support/pulls/copy_to_layout.ts";
import { openLayout } from "../../src/transports/layout_source.ts";
import { writeTestLayout } from "../support/images/test_layout.ts";
import { needs } from "../support/peers.ts";
import { run } from "../support/servers/registry_server.ts";
import { tempDir } from "../support/temp_dir.ts";

const platform = { os: "linux", architecture: "amd64" };

Deno.test({
  name: "openLayoutMedium() writes what skopeo reads, and beside what it wrote",
  ...needs("skopeo"),
  async fn() {
    using dir = tempDir();
    const first = await writeTestLayout(dir.join("first"));
    const next = await writeTestLayout(dir.join("next"), { layerSize: 9000 });
    const [layout, copy] = [dir.join("layout"), dir.join("copy")];
    await run("skopeo", "copy", `oci:${first.layout}`, `oci:${layout}:a`);
    const source = await openLayout(next.layout);
    await copyToLayout(source, layout, { ref: "b", platform });
    for (const [ref, { manifest }] of Object.entries({ a: first, b: next })) {
      await run("skopeo", "copy", `oci:${layout}:${ref}`, `oci:${copy}:${ref}`);
      const { descriptor } = await openLayout(copy, { ref });
      assertEquals(descriptor.digest, manifest.digest);
    }
  },
});

Deno.test("openLayoutMedium() writes to no folder with something else in it", async (t) => {
  using dir = tempDir();
  const { layout } = await writeTestLayout(dir.join("image"));
  const source = await openLayout(layout);
  const cases: Readonly<
    Record<
      string,
      readonly [files: Record<string, string>, new (message: string) => Error]
    >
  > = {
    "files of somebody": [{ "notes.txt": "mine" }, InvalidManifestError],
    "a layout of another version": [
      { "oci-layout": '{"imageLayoutVersion":"2.0.0"}' },
      InvalidManifestError,
    ],
    "a damaged layout": [
      { "oci-layout": '{"imageLayoutVersion":"1.0.0"}', "index.json": "{" },
      InvalidManifestError,
    ],
    "an index without a layout": [{ "index.json": "{}" }, InvalidManifestError],
  };
  for (const [name, [files, kind]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const place = dir.join(name);
      await Deno.mkdir(place);
      for (const [file, text] of Object.entries(files)) {
        await Deno.writeTextFile(`${place}/${file}`, text);
      }
      await assertRejects(
        () => copyToLayout(source, place, { platform }),
        kind,
        dir.path,
      );
      const left = listDirectory(place);
      assertEquals(left.toSorted(), Object.keys(files).toSorted());
    });
  }
});
