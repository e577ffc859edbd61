import { assertEquals } from "@std/assert";
import { walk } from "@std/fs";
import { fromFileUrl } from "@std/path";

const here = fromFileUrl(new URL(".", import.meta.url));

Deno.test("each rule of contract.md has tests with its key", async () => {
  const text = await Deno.readTextFile(`${here}/contract.md`);
  const rules = [...text.matchAll(/^- \*\*(S\d\d)\*\* /gm)].map(([, key]) =>
    key
  );
  const tested = new Set<string | undefined>();
  const options = { exts: ["_test.ts"], includeDirs: false };
  for await (const { path } of walk(here, options)) {
    const source = await Deno.readTextFile(path);
    for (
      const [name] of source.matchAll(/^\s*(Deno\.test|\w+\.step)?\(?["`].*/gm)
    ) {
      for (const [key] of name.matchAll(/\bS\d\d\b/g)) tested.add(key);
    }
  }
  assertEquals(rules.length, 52);
  assertEquals(rules.filter((key) => !tested.has(key)), []);
});
