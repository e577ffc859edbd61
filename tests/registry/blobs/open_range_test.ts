import { assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import { concatBytes, toText } from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import { OCI_LAYER_GZIP } from "../../../src/formats/oci/media_types.ts";
import { Repository } from "../../../src/registry/repository.ts";
import { serveScript } from "../../support/servers/scripted_server.ts";
import type { OwnAnswer } from "../../support/servers/server_script.ts";

const TEXT = "0123456789";
const BLOB = {
  mediaType: OCI_LAYER_GZIP,
  digest: digestOf(TEXT),
  size: TEXT.length,
};

function part(
  range: string,
  more: Partial<OwnAnswer> & { encoding?: string } = {},
): OwnAnswer {
  const { encoding, ...rest } = more;
  return {
    ...{ status: 206, body: "234" },
    headers: {
      "content-range": range,
      ...encoding !== undefined && { "content-encoding": encoding },
    },
    ...rest,
  };
}

/** Answers to a request for the bytes 2 to 4, and whether they are these. */
const ANSWERS: Readonly<Record<string, readonly [OwnAnswer, boolean]>> = {
  "the part": [part("bytes 2-4/10"), true],
  "the part of what it does not know": [part("bytes 2-4/*"), true],
  "with blanks around": [part(" bytes 2-4/10 "), true],
  "all of it": [{ status: 200, body: TEXT }, false],
  "that it was of another status": [
    part("bytes 2-4/10", { status: 200 }),
    false,
  ],
  "another beginning": [part("bytes 1-4/10"), false],
  "another end": [part("bytes 2-5/10"), false],
  "another size": [part("bytes 2-4/11"), false],
  "no size": [part("bytes 2-4"), false],
  "another unit": [part("octets 2-4/10"), false],
  "an odd range": [part("xbytes 2-4/10x"), false],
  "no range": [{ status: 206, body: "234" }, false],
  "what is packed": [part("bytes 2-4/10", { encoding: "gzip" }), false],
  "a refusal": [{ status: 416 }, false],
  "that it is busy": [{ status: 503 }, false],
};

Deno.test("openRange() takes the part that was asked for, and nothing else", async (t) => {
  for (const [name, [answer, isPart]] of Object.entries(ANSWERS)) {
    await t.step(name, async () => {
      await using server = await serveScript([{ answer }]);
      using repository = new Repository({
        registry: new URL(`http://${server.host}`),
        ...{ path: "x", name: "1", title: "x:1" },
        retry: { tries: 3, delayMs: 1, headerTimeoutMs: 2000 },
      });
      const range = { offset: 2, end: 5 };
      const stream = await repository.openRange(BLOB, range);
      const text = stream && await new Response(stream).text();
      assertEquals(text, isPart ? "234" : undefined);
      const [first, ...others] = server.requests;
      assertEquals(others, []);
      assertEquals(first?.path, `/v2/x/blobs/${BLOB.digest}`);
      assertEquals(first?.headers.get("range"), "bytes=2-4");
    });
  }
  await t.step("nothing once its signal is aborted", async () => {
    await using server = await serveScript([{ answer: part("bytes 2-4/10") }]);
    using repository = new Repository({
      registry: new URL(`http://${server.host}`),
      ...{ path: "x", name: "1", title: "x:1" },
    });
    const signal = AbortSignal.abort(new Error("stop"));
    await assertRejects(
      () => repository.openRange(BLOB, { offset: 2, end: 5, signal }),
      Error,
      "stop",
    );
    assertEquals(server.requests, []);
  });
});

/** Answers to a request for all from byte 7 on, and what is wrong with them. */
const RESTS: Readonly<
  Record<string, readonly [OwnAnswer, string | undefined]>
> = {
  "the rest": [part("bytes 7-9/10", { body: "789" }), undefined],
  "the rest of what it does not know": [
    part("bytes 7-9/*", { body: "789" }),
    undefined,
  ],
  "all of it": [{ status: 200, body: TEXT }, undefined],
  "another part": [
    part("bytes 0-2/10", { body: "012" }),
    'server sent range "bytes 0-2/10" instead of 7 to 9',
  ],
  "a part of it": [
    part("bytes 7-8/10", { body: "78" }),
    'server sent range "bytes 7-8/10" instead of 7 to 9',
  ],
  "no range": [
    { status: 206, body: "789" },
    'server sent range "" instead of 7 to 9',
  ],
};

Deno.test("open() continues where it is to, and nowhere else", async (t) => {
  for (const [name, [answer, problem]] of Object.entries(RESTS)) {
    await t.step(name, async () => {
      await using server = await serveScript([{ answer }]);
      using repository = new Repository({
        registry: new URL(`http://${server.host}`),
        ...{ path: "x", name: "1", title: "x:1" },
        retry: { tries: 1, delayMs: 1, headerTimeoutMs: 2000 },
      });
      const open = () => repository.open(BLOB, { offset: 7 });
      if (problem !== undefined) {
        await assertRejects(open, RegistryError, problem);
        return;
      }
      const pieces = await Array.fromAsync(await open());
      assertEquals(toText(concatBytes(pieces)), "789");
      assertEquals(server.requests[0]?.headers.get("range"), "bytes=7-");
    });
  }
});
