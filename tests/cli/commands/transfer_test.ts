import { assert, assertEquals } from "@std/assert";
import { hexOf } from "../../../src/formats/oci/digest.ts";
import { refuses } from "../../support/cli_says.ts";
import { type CliStore, cliStore } from "../../support/cli_store.ts";
import {
  type TestImage,
  writeTestLayout,
} from "../../support/images/test_layout.ts";
import { type TempDir, tempDir } from "../../support/temp_dir.ts";

/** A store, and a layout "app" with one image beside it. */
async function openPlace(): Promise<
  Disposable & { store: CliStore; dir: TempDir; image: TestImage; id: string }
> {
  const [store, dir] = [await cliStore(), tempDir()];
  const image = await writeTestLayout(dir.join("app"));
  const dispose = () => {
    store[Symbol.dispose]();
    dir[Symbol.dispose]();
  };
  const id = hexOf(image.config.digest);
  return { store, dir, image, id, [Symbol.dispose]: dispose };
}

Deno.test("images come in, go out, and come back in", async (t) => {
  using place = await openPlace();
  const { store, dir, image, id } = place;
  const all = "2 of 2 layers, 7.15 kB";
  const loaded = "Loaded image: localhost/app:latest";
  const cases: readonly (readonly [string, string[], string[]])[] = [
    ["pull oci:@/app", [id], ["Pulling localhost/app:latest: 2 of 2 layers"]],
    ["pull -q oci:@/app:latest", [id], []],
    ["pull oci:@/app oci:@/app", [id, id], [
      "Pulling localhost/app:latest: 0 of 2 layers, 0 B",
      "Pulling localhost/app:latest: 0 of 2 layers, 0 B",
    ]],
    ["save app -o @/a.tar", [], [`Saving app: ${all}`]],
    ["save -q app --format oci-archive -o @/o.tar", [], []],
    ["save app --format oci-dir -o @/d", [], [`Saving app: ${all}`]],
    ["save app --format docker-dir -o @/dd", [], [`Saving app: ${all}`]],
    ["load -i @/a.tar", [loaded], ["Loading localhost/app:latest: 0 of 2"]],
    ["load -q -i @/o.tar", [loaded], []],
    ["load -q -i @/d", ["Loaded image: localhost/d:latest"], []],
    ["push app oci:@/l:1", [], [`Pushing oci:@/l: ${all}`]],
    ["push -q app dir:@/p --digestfile @/digest", [], []],
    ["push -q app docker-archive:@/b.tar", [], []],
    ["copy -q oci:@/app dir:@/q", [image.manifest.digest], []],
    ["copy oci:@/app oci:@/m:1 --digestfile @/digest2", [
      image.manifest.digest,
    ], ["Copying oci:@/app: 2 of 2 layers"]],
    ["image inspect oci:@/app -f {{.Architecture}}", ["amd64"], []],
    ["image inspect app -f {{.Id}}", [id], []],
    ["image inspect d -f {{len .RootFS.Layers}}", ["2"], []],
    ["explain oci:@/l:1", [
      "platform  linux/amd64",
      'reads     OCI layout in directory "@/l", image "1"',
    ], []],
    ["rmi d", ["Untagged: localhost/d:latest"], []],
    ["rmi app", [
      "Untagged: localhost/app:latest",
      `Deleted: ${id}`,
    ], []],
  ];
  for (const [line, out, err] of cases) {
    await t.step(line, async () => {
      const ran = await store.orlop(line.replaceAll("@", dir.path));
      const told = ran.err.map((text) => text.replaceAll(dir.path, "@"));
      const printed = ran.out.map((text) => text.replaceAll(dir.path, "@"));
      assertEquals(printed.slice(0, out.length), out);
      assertEquals([ran.code, told.length], [0, err.length]);
      assert(err.every((text, index) => told[index]?.startsWith(text)));
    });
  }
  await t.step("digests are written where they are wanted", async () => {
    const bytes = await Deno.readFile(dir.join("p/manifest.json"));
    const hash = await crypto.subtle.digest("SHA-256", bytes);
    const digest = `sha256:${new Uint8Array(hash).toHex()}`;
    assertEquals(await Deno.readTextFile(dir.join("digest")), digest);
    const copied = await Deno.readTextFile(dir.join("digest2"));
    assertEquals(copied, image.manifest.digest);
    const { mode = 0 } = await Deno.stat(dir.join("digest"));
    assertEquals((mode ?? 0) & 0o777, 0o644);
  });
});

Deno.test("image inspect reports what is elsewhere, byte for byte", async () => {
  using place = await openPlace();
  const { store, dir, image } = place;
  const printed = async (flags: string) =>
    (await store.orlop(`image inspect oci:${dir.path}/app ${flags}`)).out;
  const blob = (digest: typeof image.config.digest) =>
    Deno.readTextFile(dir.join(`app/blobs/sha256/${hexOf(digest)}`));
  assertEquals(await printed("--raw"), [await blob(image.manifest.digest)]);
  assertEquals(await printed("--raw --config"), [
    await blob(image.config.digest),
  ]);
  const config = JSON.parse((await printed("--config")).join("\n"));
  assertEquals(config, JSON.parse(await blob(image.config.digest)));
  const details = JSON.parse((await printed("")).join("\n"));
  assertEquals(details.Digest, image.manifest.digest);
  assertEquals(details.Layers, image.layers.map(({ digest }) => digest));
  const manifest = await store.orlop(`manifest inspect oci:${dir.path}/app`);
  assertEquals(
    JSON.parse(manifest.out.join("\n")),
    JSON.parse(await blob(image.manifest.digest)),
  );
});

Deno.test("commands that move images say what cannot be moved", async (t) => {
  using place = await openPlace();
  const { store, dir: { path } } = place;
  await Deno.writeTextFile(`${path}/file`, "");
  await refuses(t, store, [
    [
      `pull oci:${path}/app:no`,
      3,
      `Cannot open layout "${path}/app": it has no`,
    ],
    [
      `pull oci:${path}/none`,
      3,
      `Cannot open layout "${path}/none": it has no`,
    ],
    [`load -i ${path}/none`, 3, `Cannot open archive "${path}/none": no such`],
    [`save app -o ${path}/x`, 3, 'image "app" not present in image store'],
    ["save localhost/app:1 --format x -o /x", 2, 'Cannot use "--format=x"'],
    [`copy oci:${path}/app nope`, 2, 'Cannot use "nope" as the destination'],
    ["copy nope dir:/x", 2, 'Cannot use "nope" as the source'],
    ["explain A", 2, 'Cannot parse reference "A": repository name must be'],
    ["tags a:1", 2, 'Cannot list tags of "a:1": a repository has no tag'],
    [`load -i`, 2, 'Cannot use "-i": FILE must follow'],
  ]);
});
