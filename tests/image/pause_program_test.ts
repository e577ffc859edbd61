import { assertEquals, assertMatch } from "@std/assert";
import { makePauseProgram } from "../../src/image/pause_program.ts";
import { findProgram } from "../../src/process/find_program.ts";
import { runCommand } from "../../src/process/run_command.ts";
import { needs } from "../support/peers.ts";
import { tempDir } from "../support/temp_dir.ts";

const SOURCE = new URL("../../src/image/pause_program.ts", import.meta.url);

const ASSEMBLERS = {
  amd64: { prefix: "", options: ["-msyntax=intel", "-mnaked-reg"] },
  arm64: { prefix: "aarch64-linux-gnu-", options: [] },
};

/** The assembler text beside the bytes of a program. */
async function textOf(architecture: "amd64" | "arm64"): Promise<string> {
  const source = await Deno.readTextFile(SOURCE);
  const start = source.indexOf(`const ${architecture.toUpperCase()} = \``);
  const listing = source.slice(start, source.indexOf("`;", start));
  return listing.split("\n").slice(1)
    .map((line) => line.slice(19).replace(/ +# .*/, ""))
    .join("\n");
}

for (const architecture of ["amd64", "arm64"] as const) {
  const { prefix, options } = ASSEMBLERS[architecture];
  const isHost = Deno.build.arch === (prefix ? "aarch64" : "x86_64");
  const tools = [isHost ? "as" : `${prefix}as`, "objcopy"].map((name) =>
    isHost || name.startsWith(prefix) ? name : `${prefix}${name}`
  );

  Deno.test({
    name: `makePauseProgram() has the bytes of its ${architecture} text`,
    ...needs(...tools),
    async fn() {
      using dir = tempDir();
      await Deno.writeTextFile(dir.join("p.s"), await textOf(architecture));
      const [as = "", objcopy = ""] = tools.map((name) => findProgram(name));
      const cwd = dir.path;
      await runCommand(as, [...options, "-o", "p.o", "p.s"], { cwd });
      await runCommand(objcopy, ["-O", "binary", "p.o", "p"], { cwd });
      const code = await Deno.readFile(dir.join("p"));
      const program = makePauseProgram(architecture);
      assertEquals(program.slice(-code.byteLength), code);
      assertEquals(program.byteLength - code.byteLength, 64 + 2 * 56);
    },
  });
}

Deno.test("makePauseProgram() makes what tools take for a program", {
  ...needs("readelf"),
}, async (t) => {
  using dir = tempDir();
  for (const architecture of ["amd64", "arm64"] as const) {
    await t.step(architecture, async () => {
      const path = dir.join(architecture);
      await Deno.writeFile(path, makePauseProgram(architecture));
      const { stdout, stderr } = await runCommand(findProgram("readelf"), [
        "--file-header",
        "--program-headers",
        path,
      ]);
      assertEquals(stderr, "");
      assertMatch(stdout, /EXEC/);
      assertMatch(stdout, /GNU_STACK/);
    });
  }
});
