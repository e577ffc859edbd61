import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { fromErrorData, toErrorData } from "../../src/engine/error_data.ts";
import {
  InvalidLayerError,
  NoSpaceError,
} from "../../src/errors/image_errors.ts";
import { digestOf } from "../../src/formats/oci/digest_of.ts";

const DIGEST = digestOf("layer");

/** As it comes out of a worker, which knows no classes. */
function send(error: unknown, digest?: typeof DIGEST): Error {
  return fromErrorData(structuredClone(toErrorData(error)), digest);
}

Deno.test("an error of a worker is told as one of this thread", async (t) => {
  const full = (code: string) => Object.assign(new Error("write"), { code });
  const cases: readonly (readonly [
    string,
    unknown,
    abstract new (...args: never[]) => Error,
    string,
  ])[] = [
    ["a plain one", new Error("odd"), Error, "odd"],
    ["of another class", new RangeError("odd"), Error, "odd"],
    ["no error at all", "odd", Error, "odd"],
    [
      "a damaged layer",
      new InvalidLayerError("it is cut"),
      InvalidLayerError,
      `Cannot unpack layer "${DIGEST}": it is cut`,
    ],
    [
      "what cannot be decompressed",
      new InvalidLayerError("it is cut", { verb: "decompress" }),
      InvalidLayerError,
      `Cannot decompress layer "${DIGEST}": it is cut`,
    ],
    [
      "a full disk",
      full("ENOSPC"),
      NoSpaceError,
      `Cannot unpack layer "${DIGEST}": no space left on device`,
    ],
    [
      "a quota",
      full("EDQUOT"),
      NoSpaceError,
      `Cannot unpack layer "${DIGEST}": no space left on device`,
    ],
    ["another one of the system", full("EIO"), Error, "write"],
    [
      "an abort",
      new DOMException("enough", "AbortError"),
      DOMException,
      "enough",
    ],
  ];
  for (const [name, error, type, message] of cases) {
    await t.step(name, () => {
      const told = send(error, DIGEST);
      assertInstanceOf(told, type);
      assertEquals(told.message, message);
    });
  }
});

Deno.test("an error of a worker keeps what it was, and where", () => {
  const layer = send(
    new InvalidLayerError("it is cut", { verb: "decompress" }),
  );
  assertInstanceOf(layer, InvalidLayerError);
  assertEquals(layer.message, "Cannot decompress the layer: it is cut");
  assertEquals([layer.verb, layer.why], ["decompress", "it is cut"]);
  const abort = send(new DOMException("enough", "AbortError"));
  assertEquals(abort.name, "AbortError");
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  assertEquals(send(full).message, "Cannot unpack it: no space left on device");
  const error = new Error("odd");
  assertEquals(send(error).stack, error.stack);
  assert(send("odd").stack !== undefined);
});
