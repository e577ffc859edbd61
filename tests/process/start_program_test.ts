import { assertEquals, assertThrows } from "@std/assert";
import { CommandError } from "../../src/errors/store_errors.ts";
import {
  startProgram,
  type StartProgramOptions,
} from "../../src/process/start_program.ts";
import { tempDir } from "../support/temp_dir.ts";

async function shell(
  script: string,
  options: StartProgramOptions = {},
): Promise<string> {
  const child = startProgram("/bin/sh", ["-c", script], options);
  const { stdout, stderr } = await child.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("startProgram() gives a program what it is told, and no more", async (t) => {
  using dir = tempDir();
  const script = "pwd; tr '\\0' '\\n' < /proc/$$/environ; cat";
  const plain = [
    "LC_ALL=C",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ];
  const cases: readonly (readonly [StartProgramOptions, readonly string[]])[] =
    [
      [{}, [Deno.cwd(), ...plain]],
      [{ cwd: dir.path }, [dir.path, ...plain]],
      [{ env: { "FOO": "bar" } }, [Deno.cwd(), "FOO=bar", ...plain]],
      [{ env: { "LC_ALL": "en" } }, [
        Deno.cwd(),
        "LC_ALL=en",
        ...plain.slice(1),
      ]],
    ];
  for (const [options, expected] of cases) {
    await t.step(JSON.stringify(options), async () => {
      const [folder = "", ...variables] = (await shell(script, options)).trim()
        .split("\n");
      assertEquals([folder, ...variables.toSorted()], expected);
    });
  }
});

Deno.test("startProgram() has a program ignore no signal", async () => {
  const ignored = await shell("grep SigIgn /proc/self/status");
  assertEquals(ignored.trim().split(/\s+/)[1], "0".repeat(16));
});

Deno.test("startProgram() pipes what a program reads and writes", async () => {
  const child = startProgram("/bin/sh", ["-c", "cat; echo err >&2"], {
    stdin: "piped",
  });
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode("in"));
  await writer.close();
  const { stdout, stderr } = await child.output();
  const texts = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assertEquals(texts, ["in", "err\n"]);
});

Deno.test("startProgram() reports which program is missing", () => {
  assertThrows(
    () => startProgram("/nonexistent/tool", []),
    CommandError,
    'Cannot run "/nonexistent/tool": there is no such program or directory',
  );
});
