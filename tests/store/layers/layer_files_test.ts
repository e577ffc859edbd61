import { assertEquals } from "@std/assert";
import { toText } from "../../../src/formats/bytes.ts";
import { tempDir } from "../../support/temp_dir.ts";

Deno.test("makeLink() says in orlop's own words what it lacks", async () => {
  using dir = tempDir();
  const module = import.meta.resolve(
    "../../../src/store/layers/layer_files.ts",
  );
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read"],
      ...["--config", "deno.json", `--allow-write=${dir.path}`, "-"],
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { makeLink } from "${module}";
    try {
      makeLink({ libc: undefined }, "../a/diff", "${dir.join("link")}");
    } catch (error) {
      console.log(error.message);
    }
  `));
  await writer.close();
  const { stdout } = await child.output();
  assertEquals(
    toText(new Uint8Array(stdout)).trim(),
    `Cannot make link "${dir.join("link")}": that takes libc (the ffi ` +
      "permission), or else reading and writing everywhere",
  );
});
