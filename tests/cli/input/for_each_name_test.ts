import { assertEquals, assertRejects } from "@std/assert";
import { forEachName } from "../../../src/cli/input/for_each_name.ts";
import { InUseError } from "../../../src/errors/store_errors.ts";
import { NotFoundError } from "../../../src/errors/not_found_errors.ts";

const { signal } = new AbortController();

Deno.test("forEachName() continues after a failure, and throws all", async () => {
  const seen: string[] = [];
  const act = (name: string) => {
    seen.push(name);
    if (name !== "b") throw new Error(name);
  };
  const error = await assertRejects(
    () => forEachName(["a", "b", "c"], { signal }, act),
    AggregateError,
  );
  assertEquals(seen, ["a", "b", "c"]);
  assertEquals(error.errors.length, 2);
  await assertRejects(() => forEachName(["a"], { signal }, act), Error, "a");
});

Deno.test("forEachName() ignores only what is not there", async () => {
  const options = { signal, ignore: true };
  await forEachName(["a"], options, () => {
    throw new NotFoundError("gone");
  });
  const inUse = () => {
    throw new InUseError("in use", []);
  };
  await assertRejects(() => forEachName(["a"], options, inUse), InUseError);
  // Somebody's variable was empty.
  const gone = () => {
    throw new NotFoundError("gone");
  };
  await assertRejects(() => forEachName([""], options, gone), NotFoundError);
});

Deno.test("forEachName() stops when it is interrupted", async () => {
  const controller = new AbortController();
  const seen: string[] = [];
  await assertRejects(
    () =>
      forEachName(["a", "b"], { signal: controller.signal }, (name) => {
        seen.push(name);
        controller.abort(new Error("enough"));
      }),
    Error,
    "enough",
  );
  assertEquals(seen, ["a"]);
});
