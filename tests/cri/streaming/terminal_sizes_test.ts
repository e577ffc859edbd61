import { assertEquals } from "@std/assert";
import { encodeStatus } from "../../../src/cri/streaming/command_status.ts";
import { readTerminalSizes } from "../../../src/cri/streaming/terminal_sizes.ts";
import { toBytes, toText } from "../../../src/formats/bytes.ts";

/** Each size as `columns x rows`. */
async function read(...chunks: readonly string[]): Promise<string> {
  const stream = ReadableStream.from(chunks.map(toBytes));
  const sizes = await Array.fromAsync(readTerminalSizes(stream));
  return sizes.map(({ columns, rows }) => `${columns}x${rows}`).join(" ");
}

Deno.test("readTerminalSizes() reads what kubectl sends", async (t) => {
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['{"Width":80,"Height":24}\n'], "80x24"],
    [['{"width": 80 , "HEIGHT": 24 }'], "80x24"],
    [['{"Height":24,"Width":80,"X":1}'], "80x24"],
    [['{"Width":1,"Height":2}{"Width":3,"Height":4}'], "1x2 3x4"],
    [['{"Width":1,"Hei', 'ght":2}', '{"Width":3,"Height":4}'], "1x2 3x4"],
    [['{"Width":65535,"Height":1}'], "65535x1"],
    [['{"Width":65536,"Height":1}'], ""],
    [['{"Width":0,"Height":1}'], ""],
    [['{"Width":100000,"Height":1}'], ""],
    [['{"Width":-1,"Height":1}'], ""],
    [['{"Width":1.5,"Height":1}'], ""],
    [['{"Width":"1","Height":1}'], ""],
    [['{"Width":1}'], ""],
    [['{"Height":1}'], ""],
    [["odd", '{"Width":1,"Height":2}', "odd"], "1x2"],
    [[], ""],
  ];
  for (const [chunks, sizes] of cases) {
    await t.step(chunks.join("|") || "nothing", async () => {
      assertEquals(await read(...chunks), sizes);
    });
  }
});

Deno.test("readTerminalSizes() keeps no more than a size takes", async () => {
  const size = '{"Width":1,"Height":2}';
  assertEquals(await read("x".repeat(1024), size), "1x2");
  assertEquals(await read("x".repeat(1025), size), "");
});

Deno.test("encodeStatus() reports how a command ended, as each protocol does", async (t) => {
  const zero = '{"metadata":{},"status":"Success"}';
  const seven = '{"metadata":{},"status":"Failure","message":"command ' +
    'terminated with non-zero exit code: 7","reason":"NonZeroExitCode",' +
    '"details":{"causes":[{"reason":"ExitCode","message":"7"}]}}';
  const failed = '{"metadata":{},"status":"Failure","message":"why",' +
    '"reason":"InternalError","code":500}';
  const ended = (exitCode: number | undefined) =>
    ({ kind: "ended", exitCode }) as const;
  const wrong = { kind: "failed", message: "why" } as const;
  const cases: readonly (readonly [
    Parameters<typeof encodeStatus>[0],
    string | undefined,
    string,
  ])[] = [
    [ended(0), "v4.channel.k8s.io", zero],
    [ended(undefined), "v5.channel.k8s.io", zero],
    [ended(7), "v4.channel.k8s.io", seven],
    [ended(7), "v5.channel.k8s.io", seven],
    [wrong, "v4.channel.k8s.io", failed],
    [ended(0), "v3.channel.k8s.io", ""],
    [
      ended(7),
      "v3.channel.k8s.io",
      "command terminated with non-zero exit code: 7",
    ],
    [wrong, "v2.channel.k8s.io", "why"],
    [wrong, undefined, "why"],
    [wrong, "xv4", "why"],
  ];
  for (const [outcome, protocol, text] of cases) {
    await t.step(`${JSON.stringify(outcome)} ${protocol}`, () => {
      assertEquals(toText(encodeStatus(outcome, protocol)), text);
    });
  }
});
