import { assertEquals, assertRejects } from "@std/assert";
import { chooseNames } from "../../../src/cli/input/choose_names.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const what = "container";
const listAll = () => Promise.resolve(["x", "y"]);

Deno.test("chooseNames() takes what is named, or all", async () => {
  const named = await chooseNames(["a"], { all: false, what }, () => {
    throw new Error("nobody asked for all");
  });
  assertEquals(named, ["a"]);
  assertEquals(await chooseNames([], { all: true, what }, listAll), ["x", "y"]);
});

Deno.test("chooseNames() refuses both, and neither", async () => {
  await assertRejects(
    () => chooseNames(["a", "b"], { all: true, what }, listAll),
    UsageError,
    'Cannot use "--all" with names: "a"',
  );
  await assertRejects(
    () => chooseNames([], { all: false, what }, listAll),
    UsageError,
    "Cannot tell which: name a container, or use --all",
  );
});
