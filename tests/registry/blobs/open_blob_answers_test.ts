/** What servers answer to who asks for a blob, and what comes of it. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BlobMismatchError,
  RegistryError,
} from "../../../src/errors/image_errors.ts";
import {
  type Bytes,
  concatBytes,
  toBytes,
  toText,
} from "../../../src/formats/bytes.ts";
import { digestOf } from "../../../src/formats/oci/digest_of.ts";
import {
  OCI_LAYER_GZIP,
  OCI_LAYER_TAR,
} from "../../../src/formats/oci/media_types.ts";
import {
  openBlob,
  type OpenHttpBlobOptions,
} from "../../../src/registry/blobs/open_blob.ts";

const TEXT = "0123456789";
const DIGITS = {
  mediaType: OCI_LAYER_GZIP as string,
  digest: digestOf(TEXT),
  size: TEXT.length,
};
const URL_OF = new URL("http://registry.test/v2/x/blobs/digits");

// deno-lint-ignore no-explicit-any -- as that of assertRejects()
type ErrorClass = new (...args: any[]) => Error;

interface AnswerOf {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Null is none. */
  readonly body?: string | Bytes | null;
}

/** Opens a blob that a server answers for, and reads it. */
async function open(
  { body = TEXT, status = 200, headers = {} }: AnswerOf,
  { blob = DIGITS, ...options }: Partial<OpenHttpBlobOptions> & {
    readonly blob?: typeof DIGITS;
  } = {},
) {
  const sent: unknown[] = [];
  const stream = await openBlob(blob, {
    url: URL_OF,
    send: (url, request) => {
      sent.push([url.href, request]);
      const stream = body === null ? null : new Blob([body]).stream();
      return Promise.resolve(new Response(stream, { status, headers }));
    },
    ...options,
  });
  const chunks = await Array.fromAsync(stream);
  return { text: toText(concatBytes(chunks)), sent };
}

const packed = await new Response(
  new Blob([TEXT]).stream().pipeThrough(new CompressionStream("gzip")),
).bytes();
const length = (text: number | string) => ({ "content-length": `${text}` });
const gzip = { "content-encoding": "gzip" };
const part = (range: string, body: string | null = "789"): AnswerOf => ({
  ...{ status: 206, body, headers: { "content-range": range } },
});

Deno.test("openBlob() sends what is needed, and nothing else", async () => {
  const { signal } = new AbortController();
  const { sent } = await open({}, { signal });
  assertEquals(sent, [[URL_OF.href, { signal, headers: {} }]]);
  const rest = await open(part("bytes 7-9/10"), { offset: 7, signal });
  assertEquals([rest.text, rest.sent], ["789", [
    [URL_OF.href, { signal, headers: { range: "bytes=7-" } }],
  ]]);
  const first = await open({}, { offset: 1 });
  assertEquals(first.sent, [
    [URL_OF.href, { signal: undefined, headers: { range: "bytes=1-" } }],
  ]);
  const none = await open({}, { offset: 10 });
  assertEquals([none.text, none.sent], ["", []]);
});

Deno.test("openBlob() takes what is right, however it comes", async (t) => {
  const plain = {
    ...DIGITS,
    mediaType: OCI_LAYER_TAR,
  };
  const cases: readonly (readonly [
    string,
    AnswerOf,
    Parameters<typeof open>[1],
    string,
  ])[] = [
    ["without a length", {}, {}, TEXT],
    ["with its length", { headers: length(10) }, {}, TEXT],
    ["with its length twice", { headers: length("10, 10") }, {}, TEXT],
    [
      "in chunks, whatever the length is",
      { headers: { ...length(11), "transfer-encoding": "chunked" } },
      {},
      TEXT,
    ],
    [
      "packed, with the length of that",
      { body: packed, headers: { ...gzip, ...length(packed.length) } },
      {},
      TEXT,
    ],
    [
      "packed, by the older name",
      {
        body: packed,
        headers: {
          "content-encoding": " X-GZIP ",
          ...length(packed.length),
        },
      },
      {},
      TEXT,
    ],
    [
      "packed, of a blob that is not",
      { body: packed, headers: gzip },
      { blob: plain },
      TEXT,
    ],
    ["as it is, of one that is", { headers: gzip }, {}, TEXT],
    [
      "as it is, for its length is the blob's",
      { headers: { ...gzip, ...length(10) } },
      { blob: plain },
      TEXT,
    ],
    [
      "with no encoding of HTTP",
      { headers: { "content-encoding": "aws-chunked", ...length(10) } },
      {},
      TEXT,
    ],
    ["from the beginning", {}, { offset: 7 }, "789"],
    [
      "packed from the beginning",
      { body: packed, headers: { ...gzip, ...length(packed.length) } },
      { offset: 7 },
      "789",
    ],
    ["less than is there already", { body: "012" }, { offset: 7 }, ""],
  ];
  for (const [name, answer, options, expected] of cases) {
    await t.step(name, async () => {
      assertEquals((await open(answer, options)).text, expected);
    });
  }
});

Deno.test("openBlob() skips what is larger than its buffer", async () => {
  const bytes = Uint8Array.from({ length: 200_000 }, (_, n) => n % 251);
  const blob = { ...DIGITS, size: bytes.length };
  for (const offset of [65_535, 65_536, 65_537, 150_000]) {
    const stream = await openBlob(blob, {
      ...{ url: URL_OF, offset },
      send: () => Promise.resolve(new Response(new Blob([bytes]).stream())),
    });
    const rest = concatBytes(await Array.fromAsync(stream));
    assertEquals(digestOf(rest), digestOf(bytes.slice(offset)), `${offset}`);
  }
});

Deno.test("openBlob() reports what is wrong with an answer, and reads no more of it", async (t) => {
  const wrong = (text: string) => [BlobMismatchError, text] as const;
  const odd = (text: string) =>
    [RegistryError, text, { status: 206, reason: "malformed" }] as const;
  const long = `bytes ${"1".repeat(100)}`;
  const cases: readonly (readonly [
    string,
    AnswerOf,
    readonly [ErrorClass, string, object?],
    number?,
  ])[] = [
    [
      "too long",
      { headers: length(11) },
      wrong("server sends 11 bytes, expected 10"),
    ],
    [
      "too short",
      { headers: length(9) },
      wrong("server sends 9 bytes, expected 10"),
    ],
    [
      "two lengths",
      { headers: length("10, 11") },
      wrong("server sends NaN bytes, expected 10"),
    ],
    [
      "encoded",
      { headers: { ...length(9), "content-encoding": "br" } },
      wrong('server used Content-Encoding "br"'),
    ],
    ["no body", { body: null }, wrong("server sent no body")],
    ["no part", part("bytes 7-9/10", null), odd("server sent no body"), 7],
    [
      "another part",
      part("bytes 6-9/10"),
      odd('server sent range "bytes 6-9/10" instead of 7 to 9'),
      7,
    ],
    [
      "half a part",
      part("bytes 7-8/10"),
      odd('server sent range "bytes 7-8/10" instead of 7 to 9'),
      7,
    ],
    [
      "more than a part",
      part("bytes 7-10/10"),
      odd('server sent range "bytes 7-10/10" instead of 7 to 9'),
      7,
    ],
    [
      "a part of another",
      part("bytes 7-9/11"),
      odd('server sent range "bytes 7-9/11" instead of 7 to 9'),
      7,
    ],
    [
      "a part of nothing",
      part("x bytes 7-9/10"),
      odd('server sent range "x bytes 7-9/10" instead of 7 to 9'),
      7,
    ],
    [
      "no range",
      { status: 206 },
      odd('server sent range "" instead of 7 to 9'),
      7,
    ],
    [
      "a long range",
      part(long),
      odd(`server sent range "${long.slice(0, 80)}" instead of 7 to 9`),
      7,
    ],
    [
      "a packed part",
      {
        ...part("bytes 7-9/10"),
        headers: { ...gzip, "content-range": "bytes 7-9/10" },
      },
      odd('server sent range "bytes 7-9/10" instead of 7 to 9'),
      7,
    ],
    ["not there", { status: 404, body: '{"errors":[{"code":"ODD"}]}' }, [
      RegistryError,
      "the registry does not have it (404 ODD)",
      { status: 404, code: "BLOB_UNKNOWN" },
    ]],
    ["refused", { status: 403, body: "no" }, [
      RegistryError,
      "it does not exist or needs (other) credentials; use orlop login or --creds (403 no)",
      { status: 403, code: "" },
    ]],
  ];
  for (const [name, answer, [kind, why, facts = {}], offset = 0] of cases) {
    await t.step(name, async () => {
      let isCancelled = false;
      const { body = TEXT, status = 200, headers = {} } = answer;
      const stream = body === null ? null : new ReadableStream({
        type: "bytes",
        start: (out) => {
          out.enqueue(toBytes(String(body)));
          if (status >= 400) out.close();
        },
        cancel: () => void (isCancelled = true),
      });
      const error = await assertRejects(
        () =>
          openBlob(DIGITS, {
            ...{ url: URL_OF, offset },
            send: () =>
              Promise.resolve(new Response(stream, { status, headers })),
          }),
        kind,
      );
      assertEquals(
        error.message,
        `Cannot pull layer "${DIGITS.digest}": ${why}`,
      );
      for (const [key, value] of Object.entries(facts)) {
        assertEquals(Reflect.get(error, key), value);
      }
      assertEquals(isCancelled, stream !== null && status < 400);
    });
  }
});

Deno.test("openBlob() ends with its caller's signal while it skips", async (t) => {
  for (const when of ["before", "meanwhile"]) {
    await t.step(when, async () => {
      const controller = new AbortController();
      const stop = () => controller.abort(new Error("enough"));
      let isCancelled = false;
      const stream = new ReadableStream({
        type: "bytes",
        pull: () => when === "meanwhile" ? stop() : undefined,
        cancel: () => void (isCancelled = true),
      });
      const error = await assertRejects(() =>
        openBlob(DIGITS, {
          ...{ url: URL_OF, offset: 7, signal: controller.signal },
          send: () => {
            if (when === "before") setTimeout(stop);
            return Promise.resolve(new Response(stream));
          },
        }), Error);
      assertEquals([error.message, isCancelled], ["enough", true]);
    });
  }
});

Deno.test("openBlob() reports that what it skips broke off", async () => {
  const stream = new ReadableStream({
    type: "bytes",
    pull: (out) => out.error(new Error("odd")),
  });
  const error = await assertRejects(
    () =>
      openBlob(DIGITS, {
        ...{ url: URL_OF, offset: 7 },
        send: () => Promise.resolve(new Response(stream)),
      }),
    RegistryError,
  );
  assertEquals(error.reason, "interrupted");
  assert(error.message.startsWith(`Cannot pull layer "${DIGITS.digest}": `));
  assert(error.cause instanceof Error);
});
