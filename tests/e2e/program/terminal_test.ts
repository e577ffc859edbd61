/** What orlop shows on a terminal: `script` gives it one. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { writeBusyboxLayout } from "../../support/images/busybox_layout.ts";
import { writeLayout } from "../../support/images/layer_layout.ts";
import { layerOf } from "../../support/images/stacked_layout.ts";
import { needs } from "../../support/peers.ts";
import { ORLOP } from "../../support/programs/orlop_program.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ESCAPE = "\x1b";

Deno.test({
  name: "a terminal gets colours and drawings only if it can show them",
  ...needs("root", "busybox", "tar", "script", "stty"),
  fn: async (t) => {
    using dir = tempDir();
    const layout = dir.join("layout");
    await writeBusyboxLayout(layout);
    let count = 0;
    const run = async (
      line: string,
      env: Readonly<Record<string, string>> = {},
      columns = 80,
    ) => {
      const { stdout } = await new Deno.Command("script", {
        args: ["-qec", `stty cols ${columns}; "${ORLOP}" ${line}`, "/dev/null"],
        clearEnv: true,
        env: {
          PATH: Deno.env.get("PATH") ?? "",
          TERM: "xterm",
          ORLOP_DENO: Deno.execPath(),
          ORLOP_ROOT: dir.join(`root${count}`),
          ORLOP_RUNROOT: dir.join(`run${count}`),
          ...env,
        },
        stdin: "null",
      }).output();
      return new TextDecoder().decode(stdout);
    };
    const pull = `pull oci:${layout}:latest`;
    await t.step("lines are drawn over and over", async () => {
      const long = dir.join("long");
      await writeLayout(long, [await layerOf(noise())]);
      const shown = await run(`pull oci:${long}:latest`);
      count++;
      assertStringIncludes(shown, `${ESCAPE}[2A`);
      assertStringIncludes(shown, "Total");
    });
    await t.step("headings are bold", async () => {
      assertStringIncludes(await run("images"), `${ESCAPE}[1mREPOSITORY`);
    });
    await t.step("NO_COLOR and --no-color are respected", async () => {
      assert(!(await run("images", { NO_COLOR: "1" })).includes(ESCAPE));
      assert(!(await run("--no-color images")).includes(ESCAPE));
    });
    await t.step("TERM=dumb gets plain lines", async () => {
      count++;
      const shown = await run(pull, { TERM: "dumb" });
      assert(!shown.includes(ESCAPE), shown);
      assertStringIncludes(shown, "Pulling localhost/");
    });
    await t.step("no line is wider than the terminal", async () => {
      for (const columns of [40, 20, 10, 1]) {
        count++;
        const shown = await run(pull, {}, columns);
        const drawn = shown.split("\n")
          .filter((line) => line.includes(`${ESCAPE}[K`))
          // deno-lint-ignore no-control-regex -- what a terminal acts on
          .map((line) => line.replace(/\x1b\[\??\d*[A-Za-z]|\r/g, ""));
        assert(drawn.length > 0);
        assertEquals(
          drawn.filter((line) => line.length >= columns && line),
          [],
        );
      }
    });
  },
});

/** 40 MB that do not compress: some frames pass until they are unpacked. */
function noise(): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const files = Array.from({ length: 80 }, (_, n) => {
    const bytes = new Uint8Array(500_000);
    for (let at = 0; at < bytes.length; at += 50_000) {
      crypto.getRandomValues(bytes.subarray(at, at + 50_000));
    }
    return [`file${n}`, bytes] as const;
  });
  return Object.fromEntries(files);
}
