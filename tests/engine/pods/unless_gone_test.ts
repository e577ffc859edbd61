import { assertRejects } from "@std/assert";
import { unlessGone } from "../../../src/engine/pods/unless_gone.ts";
import {
  ContainerNotFoundError,
  InvalidSandboxIdError,
  LayerNotFoundError,
} from "../../../src/errors/not_found_errors.ts";

Deno.test("unlessGone() tolerates that containers and pods are gone", async (t) => {
  const gone = [
    new ContainerNotFoundError("c"),
    new InvalidSandboxIdError("p"),
  ];
  for (const error of gone) {
    await t.step(error.name, () => unlessGone(Promise.reject(error)));
  }
  for (const error of [new LayerNotFoundError("l"), new Error("other")]) {
    await t.step(error.name, async () => {
      await assertRejects(
        () => unlessGone(Promise.reject(error)),
        Error,
        error.message,
      );
    });
  }
  await t.step("nothing", () => unlessGone(Promise.resolve(7)));
});
