import { assertEquals } from "@std/assert";
import { findOtherWriter } from "../../src/process/who_can_change.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const NOBODY = 65534;

Deno.test("findOtherWriter() looks at a file, and at the way to it", {
  ...needs("root"),
}, async (t) => {
  // Modes of the folder and the file, their owner, and who is found.
  const cases: readonly (readonly [string, {
    readonly folder?: number;
    readonly file?: number;
    readonly owner?: "file" | "folder";
    readonly found?: string;
  }])[] = [
    ["nobody", {}],
    ["others in the file", { file: 0o757, found: "write to FILE" }],
    ["the group in the file", { file: 0o775, found: "write to FILE" }],
    ["others in the folder", { folder: 0o757, found: "write to FOLDER" }],
    ["the group in the folder", { folder: 0o775, found: "write to FOLDER" }],
    ["a sticky folder", { folder: 0o1777 }],
    ["the file's owner", { owner: "file", found: "FILE belongs to" }],
    ["the folder's owner", { owner: "folder", found: "FOLDER belongs to" }],
    ["the owner of a sticky folder", {
      folder: 0o1777,
      owner: "folder",
      found: "FOLDER belongs to",
    }],
  ];
  for (const [name, { folder = 0o755, file = 0o755, ...rest }] of cases) {
    await t.step(name, async () => {
      using dir = tempDir();
      const places = { folder: dir.join("d"), file: dir.join("d", "f") };
      await Deno.mkdir(places.folder);
      await Deno.writeTextFile(places.file, "");
      await Deno.chmod(places.folder, folder);
      await Deno.chmod(places.file, file);
      if (rest.owner) await Deno.chown(places[rest.owner], NOBODY, NOBODY);
      const expected = rest.found
        ?.replace("FILE", `"${places.file}"`)
        .replace("FOLDER", `"${places.folder}"`)
        .replace(/^write/, "others can write")
        .replace(/belongs to$/, `belongs to user ${NOBODY}`);
      assertEquals(findOtherWriter(places.file), expected);
      // By a symlink both ways are looked at.
      await Deno.symlink(places.file, dir.join("link"));
      assertEquals(findOtherWriter(dir.join("link")), expected);
    });
  }
  await t.step("who can change a link", async () => {
    using dir = tempDir();
    await Deno.mkdir(dir.join("d"));
    await Deno.writeTextFile(dir.join("f"), "");
    await Deno.symlink(dir.join("f"), dir.join("d", "l"));
    assertEquals(findOtherWriter(dir.join("d", "l")), undefined);
    await Deno.chmod(dir.join("d"), 0o777);
    const found = `others can write to "${dir.join("d")}"`;
    assertEquals(findOtherWriter(dir.join("d", "l")), found);
  });
  await t.step("a device, which nobody changes", () => {
    assertEquals(findOtherWriter("/dev/null"), undefined);
  });
});
