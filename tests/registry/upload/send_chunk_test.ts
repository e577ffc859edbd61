/** What of a chunk is sent, by what a server says that it has. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { RegistryError } from "../../../src/errors/image_errors.ts";
import type { Bytes } from "../../../src/formats/bytes.ts";
import {
  Patience,
  UploadBrokenError,
} from "../../../src/registry/upload/patience.ts";
import {
  refusalOf,
  sendChunk,
} from "../../../src/registry/upload/send_chunk.ts";
import type {
  Step,
  UploadSession,
} from "../../../src/registry/upload/upload_session.ts";
import { UploadStyle } from "../../../src/registry/upload/upload_style.ts";

const KIB = 1024;

/** An upload whose server answers in turn; beyond that it takes what comes. */
function uploadOf(
  { steps, offsets = [], minChunkSize = 0, chunkSize = 300 * KIB }: {
    readonly steps: readonly Step[];
    readonly offsets?: readonly (number | undefined)[];
    readonly minChunkSize?: number;
    readonly chunkSize?: number;
  },
) {
  const sent: string[] = [];
  const [left, known] = [[...steps], [...offsets]];
  const session = {
    minChunkSize,
    async patch(
      { offset, size, body }: {
        readonly offset: number;
        readonly size: number;
        readonly body: Bytes | (() => ReadableStream<Bytes>);
      },
    ): Promise<Step> {
      const isMade = typeof body === "function";
      const bytes = isMade ? await new Response(body()).bytes() : body;
      assertEquals(bytes.length, size);
      sent.push(`${isMade ? "stream" : "bytes"} ${offset}+${size} ${bytes[0]}`);
      return left.shift() ?? { kind: "done", offset: undefined } as Step;
    },
    findOffset() {
      sent.push("?");
      return Promise.resolve(known.shift());
    },
  };
  const style = new UploadStyle(chunkSize);
  const sending = {
    session: session as unknown as UploadSession,
    style,
    patience: new Patience({ tries: 3, delayMs: 1 }),
    what: "Cannot push it",
  };
  return { sending: sending as Parameters<typeof sendChunk>[1], style, sent };
}

/** Each byte tells where it is, in KiB. */
function chunkOf(start: number, kib: number) {
  const bytes = new Uint8Array(kib * KIB);
  for (let at = 0; at < kib; at++) bytes.fill(start / KIB + at, at * KIB);
  return { start, bytes, isLast: false };
}

const done = (offset?: number) => ({ kind: "done", offset }) as Step;
const refused = (status: number, code = "") =>
  ({
    kind: "refused",
    error: new RegistryError(`no ${status}`, { status, code }),
  }) as Step;
const failed = { kind: "failed", error: new RegistryError("gone") } as Step;

Deno.test("sendChunk() sends what the server has not", async (t) => {
  const [k10, k20] = [10 * KIB, 20 * KIB];
  const all = `stream ${k10}+${k20} 10`;
  const half = `stream ${k20}+${k10} 20`;
  const cases: Readonly<
    Record<string, readonly [Parameters<typeof uploadOf>[0], string[]]>
  > = {
    "all at once": [{ steps: [done()] }, [all]],
    "all, as it says": [{ steps: [done(k10 + k20)] }, [all]],
    "the rest of it": [{ steps: [done(k20)] }, [all, half]],
    "all again": [{ steps: [done(k10)] }, [all, all]],
    "what it has after a break": [{ steps: [failed], offsets: [k20] }, [
      ...[all, "?", half],
    ]],
    "all after a break": [{ steps: [failed], offsets: [k10] }, [all, "?", all]],
    "what it has after a wrong range": [
      { steps: [refused(416)], offsets: [k20] },
      [all, "?", half],
    ],
    "bytes, where a length is wanted": [{ steps: [refused(411)] }, [
      ...[all, `bytes ${k10}+${k20} 10`],
    ]],
    "pieces": [{ steps: [], chunkSize: 15 * KIB }, [
      ...[`stream ${k10}+${15 * KIB} 10`, `stream ${25 * KIB}+${5 * KIB} 25`],
    ]],
    "no smaller pieces than it wants": [
      { steps: [], chunkSize: 5 * KIB, minChunkSize: 15 * KIB },
      [`stream ${k10}+${15 * KIB} 10`, `stream ${25 * KIB}+${5 * KIB} 25`],
    ],
  };
  for (const [name, [upload, expected]] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { sending, sent } = uploadOf(upload);
      await sendChunk(chunkOf(k10, 20), sending);
      assertEquals(sent, expected);
    });
  }
  await t.step("smaller pieces, where they are too large", async () => {
    const { sending, sent, style } = uploadOf({ steps: [refused(413)] });
    await sendChunk(chunkOf(0, 200), sending);
    assertEquals(style.requestSize, 75 * KIB);
    assertEquals(sent, [
      `stream 0+${200 * KIB} 0`,
      ...[`stream 0+${75 * KIB} 0`, `stream ${75 * KIB}+${75 * KIB} 75`],
      `stream ${150 * KIB}+${50 * KIB} 150`,
    ]);
  });
});

Deno.test("sendChunk() gives up on a server that has lost it, or lies", async (t) => {
  const [k10, k30] = [10 * KIB, 30 * KIB];
  const lie = (reached: number) =>
    `Cannot push it: the registry says that it has ${reached} bytes after ` +
    `${k30} were sent`;
  const cases: Readonly<
    Record<
      string,
      readonly [
        Parameters<typeof uploadOf>[0],
        "broken" | "final",
        string,
        requests: number,
      ]
    >
  > = {
    "less than before": [{ steps: [done(k10 - 1)] }, "broken", lie(k10 - 1), 1],
    "more than was sent": [
      { steps: [done(k30 + 1)] },
      "broken",
      lie(k30 + 1),
      1,
    ],
    "nothing of it, again and again": [
      { steps: Array<Step>(9).fill(done(k10)) },
      "final",
      lie(k10),
      3,
    ],
    "no such upload": [{ steps: [failed], offsets: [] }, "broken", "gone", 2],
    "no upload": [{ steps: [refused(404)] }, "broken", "no 404", 1],
    "no rights": [{ steps: [refused(403)] }, "final", "no 403", 1],
    "a wrong range, which it is not": [
      { steps: [refused(416)], offsets: [k10] },
      "broken",
      "no 416",
      2,
    ],
    "no smaller pieces": [
      { steps: [refused(413)], chunkSize: 64 * KIB },
      "final",
      "no 413",
      1,
    ],
    "no pieces that it wants smaller": [
      { steps: [refused(413)], minChunkSize: 20 * KIB },
      "final",
      "no 413",
      1,
    ],
    "no length either": [
      { steps: [refused(411), refused(411)] },
      "broken",
      "no 411",
      2,
    ],
  };
  for (
    const [name, [upload, kind, message, requests]] of Object.entries(cases)
  ) {
    await t.step(name, async () => {
      const { sending, sent } = uploadOf(upload);
      const error = await assertRejects(
        () => sendChunk(chunkOf(k10, 20), sending),
        Error,
      );
      assertEquals(error instanceof UploadBrokenError, kind === "broken");
      assertEquals([error.message, sent.length], [message, requests]);
    });
  }
});

Deno.test("refusalOf() reports whether one request for all may help", async (t) => {
  const of = (status: number, code: string, requests: "many" | "one") => {
    const style = new UploadStyle();
    style.requests = requests;
    const error = new RegistryError("no", { status, code });
    const refusal = refusalOf(error, style);
    if (!(refusal instanceof UploadBrokenError)) assertEquals(refusal, error);
    else assert(refusal.refusal === error);
    return [refusal instanceof UploadBrokenError, style.requests];
  };
  const cases: readonly (readonly [number, string, boolean, "many" | "one"])[] =
    [
      ...[404, 410].map((status) => [status, "", true, "many"] as const),
      [400, "BLOB_UPLOAD_UNKNOWN", true, "many"],
      [400, "BLOB_UPLOAD_INVALID", true, "many"],
      ...[401, 402, 403, 413, 429]
        .map((status) => [status, "", false, "many"] as const),
      ...[400, 405, 409, 416, 500]
        .map((status) => [status, "", true, "one"] as const),
    ];
  for (const [status, code, isBroken, requests] of cases) {
    await t.step(`${status} ${code}`, () => {
      assertEquals(of(status, code, "many"), [isBroken, requests]);
      const isLost = isBroken && requests === "many";
      assertEquals(of(status, code, "one"), [isLost, "one"]);
    });
  }
});
