import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import { runCli } from "../../src/cli/run_cli.ts";
import { memoryTerminal } from "../support/memory/memory_terminal.ts";

async function orlop(...args: string[]) {
  const terminal = memoryTerminal();
  const code = await runCli(args, { terminal, permissions: "keep" });
  return { code, out: terminal.printed, err: terminal.told };
}

Deno.test("runCli() prints its version", async () => {
  const { code, out } = await orlop("--version");
  assertEquals(code, 0);
  assertEquals(out, [`orlop version ${project.version}`]);
});

Deno.test("runCli() explains commands by help and by --help alike", async () => {
  const { out } = await orlop("help", "version");
  assertEquals((await orlop("version", "--help")).out, out);
  assertStringIncludes(out.join("\n"), "orlop version [flags]");
});

Deno.test("runCli() advises those who ask for help on what is not there", async (t) => {
  const cases: readonly [words: readonly string[], told: string][] = [
    [
      ["build"],
      'Cannot run "build": orlop has no such command; ',
    ],
    [
      ["system", "df"],
      'Cannot run "system df": orlop has no such command; use',
    ],
    [["image", "inspct"], 'did you mean "orlop image inspect"?'],
    [["__complet"], "has no such command"],
  ];
  for (const [words, told] of cases) {
    await t.step(words.join(" "), async () => {
      const { code, err } = await orlop("help", ...words);
      assertEquals(code, 2);
      assertStringIncludes(err[0] ?? "", told);
      assert(!err.join().includes('"orlop __complete"'));
    });
  }
});

Deno.test("runCli() tells wrong usage in one line and the usage", async () => {
  const { code, out, err } = await orlop("vresion");
  assertEquals(code, 2);
  assertEquals(out, []);
  assertEquals(
    err[0],
    'orlop: Cannot run "vresion": orlop has no such ' +
      'command; did you mean "orlop version"?',
  );
  assertEquals(err[1], "Usage: orlop [flags] COMMAND");
});

Deno.test("runCli() tells users of skopeo and podman what to do instead", async (t) => {
  const digest = `sha256:${"0".repeat(64)}`;
  const cases: readonly [line: string, says: string][] = [
    ["copy --src-no-creds dir:a dir:b", "use --src-authfile /dev/null"],
    ["copy --dest-password secret dir:a dir:b", "use --dest-creds"],
    ["copy --override-arch arm64 dir:a dir:b", "use --platform"],
    ["copy --retry-times 3 dir:a dir:b", "orlop tries again by itself"],
    ["copy --sign-by me dir:a dir:b", "orlop does not sign images"],
    [
      `copy --additional-tag a@${digest} dir:a dir:b`,
      "a digest cannot be given",
    ],
    ["push --sign-passphrase-file f a", "orlop does not sign images"],
    ["pull --arch arm64 a", "use --platform"],
    ["pull -a a", "orlop tags lists them"],
    ["image pull --os linux a", "use --platform"],
  ];
  for (const [line, says] of cases) {
    await t.step(line, async () => {
      const { code, out, err } = await orlop(...line.split(" "));
      assertStringIncludes(err[0] ?? "", says);
      assertEquals([code, out], [2, []]);
      assert(!err.join().includes("secret"));
    });
  }
});

Deno.test("runCli() tells errors as JSON if asked", async () => {
  const { err } = await orlop("--log-format=json", "nonsense");
  assertEquals(err.length, 1);
  const told: { level: string; message: string } = JSON.parse(err[0] ?? "");
  assertEquals(told.level, "error");
  assertStringIncludes(told.message, "nonsense");
});

Deno.test("runCli() completes words", async () => {
  const { out } = await orlop("__complete", "--", "vers");
  assertEquals(out.map((line) => line.split("\t")[0]), ["version"]);
});

Deno.test("runCli() prints completions for each shell", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await orlop("completion", shell);
    assertEquals(code, 0);
    assertStringIncludes(out.join("\n"), "__complete");
  }
  assertEquals((await orlop("completion", "tcsh")).code, 2);
});
