import { assert, assertEquals } from "@std/assert";
import { recordAlias } from "../../../src/engine/media/record_alias.ts";
import { storeAgent } from "../../support/store_agent.ts";

const CHOSEN = { short: "box", name: "q.test/org/box" };

Deno.test("recordAlias() adds a choice to those that are recorded", async () => {
  using test = storeAgent();
  const { agent, dir, messages } = test;
  const cacheDirectory = dir.join("cache");
  const path = dir.join("cache/containers/short-name-aliases.conf");
  await recordAlias(agent, CHOSEN, { cacheDirectory });
  assertEquals(
    await Deno.readTextFile(path),
    '[aliases]\nbox = "q.test/org/box"\n',
  );
  const { mode } = await Deno.stat(dir.join("cache/containers"));
  assertEquals((mode ?? 0) & 0o777, 0o700);
  const other = { short: "app", name: "r.test/app" };
  const moved = { ...CHOSEN, name: "q.test/other/box" };
  await recordAlias(agent, other, { cacheDirectory });
  await recordAlias(agent, moved, { cacheDirectory });
  assertEquals(
    (await Deno.readTextFile(path)).split("\n").map((line) => line.trim())
      .filter(Boolean).toSorted(),
    ["[aliases]", 'app = "r.test/app"', 'box = "q.test/other/box"'],
  );
  assertEquals(messages, []);
});

Deno.test("recordAlias() only warns if it cannot, unless it is aborted", async () => {
  using test = storeAgent();
  const { agent, dir, messages } = test;
  const cacheDirectory = dir.join("cache");
  const path = dir.join("cache/containers/short-name-aliases.conf");
  await Deno.mkdir(dir.join("cache/containers"), { recursive: true });
  await Deno.writeTextFile(path, "[");
  await recordAlias(agent, CHOSEN, { cacheDirectory });
  const [message = "", ...others] = messages;
  assertEquals(others, []);
  const start = 'warn: Cannot keep that "box" is "q.test/org/box": ';
  assert(message.startsWith(start), message);
  assertEquals(await Deno.readTextFile(path), "[");
  const signal = AbortSignal.abort("enough");
  const error = await recordAlias(agent, CHOSEN, { cacheDirectory, signal })
    .catch((error) => error);
  assertEquals([error, messages.length], ["enough", 1]);
});
