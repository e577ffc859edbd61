import { assert, assertEquals } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
  UnauthorizedError,
} from "../../src/errors/image_errors.ts";
import { PolicyError } from "../../src/errors/store_errors.ts";
import { combineFailures } from "../../src/registry/combine_failures.ts";

const message = "all of it";
const unknown = new RegistryError("unknown", { status: 404, code: "X" });
const refused = new UnauthorizedError("refused", { status: 403 });
const silent = new RegistryError("silent");
const blocked = new PolicyError("blocked");
const wrong = new BlobMismatchError("wrong");

Deno.test("combineFailures() makes an error of the gravest's kind", async (t) => {
  const cases = [unknown, refused, silent, wrong];
  for (const [index, gravest] of cases.entries()) {
    await t.step(gravest.message, () => {
      const failures = cases.slice(0, index + 1);
      for (const list of [failures, failures.toReversed()]) {
        const error = combineFailures(list, { message });
        assertEquals([error.name, error.message], [gravest.name, message]);
        assertEquals(error.cause, gravest);
      }
    });
  }
});

Deno.test("combineFailures() keeps what a registry said", () => {
  const error = combineFailures([unknown, unknown], { message });
  assert(error instanceof RegistryError);
  assertEquals([error.status, error.code], [404, "X"]);
});

Deno.test("combineFailures() believes the primary, but not wrong bytes", () => {
  const believed = combineFailures([silent, unknown], {
    message,
    primary: unknown,
  });
  assertEquals(believed.cause, unknown);
  const failures = [wrong, unknown];
  const error = combineFailures(failures, { message, primary: unknown });
  assertEquals(error.cause, wrong);
});

Deno.test("combineFailures() puts the gravest of other kinds first", () => {
  const error = combineFailures([unknown, blocked], { message });
  assert(error instanceof AggregateError);
  assertEquals([error.message, error.errors], [message, [blocked, unknown]]);
});
