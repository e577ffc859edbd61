import { assert, assertEquals } from "@std/assert";

// These take longer to load than all that orlop itself loads at a start.
const SLOW = /^node:(fs|crypto|zlib|https?|child_process)\b/;

Deno.test("no command loads what is slow before it needs it", async () => {
  const run = new URL("../../src/cli/run_cli.ts", import.meta.url);
  const version = new URL("../../src/cli/commands/version.ts", import.meta.url);
  const loaded = new Map<string, readonly string[]>();
  await load(run, loaded);
  await load(version, loaded);
  assert(loaded.size > 20);
  const slow = [...loaded].filter(([, imports]) =>
    imports.some((specifier) => SLOW.test(specifier))
  );
  assertEquals(slow.map(([url]) => url), []);
});

/** Follows imports, but for those of types and those that wait for a call. */
async function load(
  url: URL,
  loaded: Map<string, readonly string[]>,
): Promise<void> {
  if (loaded.has(url.href)) return;
  const source = await Deno.readTextFile(url);
  const found = source.matchAll(
    /^(?:import|export)(?! type)\b[^;]*?from "([^"]+)"/gm,
  );
  const imports = [...found].map(([, specifier = ""]) => specifier);
  loaded.set(url.href, imports);
  for (const specifier of imports) {
    if (!specifier.endsWith(".ts")) continue;
    await load(new URL(specifier, url), loaded);
  }
}
