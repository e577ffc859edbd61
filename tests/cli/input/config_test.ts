import { assertEquals, assertRejects } from "@std/assert";
import { DEFAULTS, resolveConfig } from "../../../src/cli/input/config.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

async function withFile(text: string, use: (path: string) => Promise<void>) {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, text);
    await use(path);
  } finally {
    await Deno.remove(path);
  }
}

Deno.test("resolveConfig() prefers flags to environment to file", async () => {
  await withFile('root = "/file"\nrunroot = "/file-run"', async (config) => {
    const before = Deno.env.get("ORLOP_ROOT");
    try {
      Deno.env.delete("ORLOP_ROOT");
      assertEquals((await resolveConfig({ config })).root, "/file");
      Deno.env.set("ORLOP_ROOT", "/env");
      assertEquals((await resolveConfig({ config })).root, "/env");
      const flags = { config, root: "/flag/../flag" };
      assertEquals((await resolveConfig(flags)).root, "/flag");
    } finally {
      if (before === undefined) Deno.env.delete("ORLOP_ROOT");
      else Deno.env.set("ORLOP_ROOT", before);
    }
  });
});

Deno.test("resolveConfig() makes paths absolute", async () => {
  const { root } = await resolveConfig({ root: "store" });
  assertEquals(root, `${Deno.cwd()}/store`);
});

Deno.test("resolveConfig() reports what is wrong with a file", async (t) => {
  const cases: readonly [string, string][] = [
    ['rot = "/x"', 'there is no setting "rot", did you mean "root"?'],
    ["root = 1", '"root" must be a text, not 1'],
    ["root = ", "Cannot use settings of"],
    ['log_level = "loud"', "use one of debug, info, warn, error"],
    ["download_connections = 0", "use 1 to 16"],
    ['download_connections = "many"', "use 1 to 16"],
    ['download_parts_above = "big"', "write a size like 64MiB"],
  ];
  for (const [text, message] of cases) {
    await t.step(text, () =>
      withFile(text, async (config) => {
        await assertRejects(
          () => resolveConfig({ config }),
          UsageError,
          message,
        );
      }));
  }
});

Deno.test("resolveConfig() reports how to choose the same store again", async () => {
  await withFile('root = "/file"', async (config) => {
    const words = async (flags: Record<string, string>) =>
      (await resolveConfig(flags)).storeWords;
    // What the file says is left to the file.
    assertEquals(await words({ config }), ["--config", config]);
    assertEquals(await words({ root: "/a/../b" }), ["--root", "/b"]);
    assertEquals(await words({ config, runroot: "/r" }), [
      ...["--config", config, "--runroot", "/r"],
    ]);
  });
});

Deno.test("resolveConfig() needs no file unless one is named", async () => {
  const { logLevel } = await resolveConfig({});
  assertEquals(logLevel, DEFAULTS.logLevel);
  await assertRejects(
    () => resolveConfig({ config: "/nonexistent/orlop.toml" }),
    UsageError,
    "Cannot read",
  );
});

Deno.test("resolveConfig() reads how large blobs are fetched", async () => {
  const text = 'download_connections = 2\ndownload_parts_above = "1MiB"';
  await withFile(text, async (config) => {
    const { parts } = await resolveConfig({ config });
    assertEquals(parts, { connections: 2, above: 1024 * 1024 });
  });
});

Deno.test("resolveConfig() reads the table of serve", async () => {
  await withFile('[serve]\nlisten = "/a"\nruntime = "crun"', async (config) => {
    const { serve } = await resolveConfig({ config });
    assertEquals(serve, { listen: "/a", runtime: "crun" });
  });
  for (const text of ["serve = 1", "[serve]\nlistem = 'x'"]) {
    await withFile(text, async (config) => {
      await assertRejects(() => resolveConfig({ config }), UsageError, "serve");
    });
  }
});
