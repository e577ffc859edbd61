import { assertEquals, assertThrows } from "@std/assert";
import { checkLevel } from "../../../../src/cli/input/flags/compression_level.ts";
import { readDevice } from "../../../../src/cli/input/flags/device_flag.ts";
import {
  badFlag,
  parseSwitch,
  readPair,
} from "../../../../src/cli/input/flags/flag_value.ts";
import {
  type LogRangeFlags,
  readLogRange,
} from "../../../../src/cli/input/flags/log_range.ts";
import { readSignal } from "../../../../src/cli/input/flags/read_signal.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";

/** Refuses each, with the message behind "Cannot ". */
async function refuses<T>(
  t: Deno.TestContext,
  read: (value: T) => unknown,
  cases: readonly (readonly [T, string])[],
): Promise<void> {
  for (const [value, message] of cases) {
    await t.step(`${JSON.stringify(value)} is refused`, () => {
      const error = assertThrows(() => read(value), Error);
      assertEquals(error.message, `Cannot ${message}`);
    });
  }
}

Deno.test("parseSwitch() reads what Go takes for true and false", () => {
  const read = (...texts: string[]) => texts.map(parseSwitch);
  const [isYes, isNo] = [true, false];
  const yes = read("1", "t", "T", "true", "TRUE", "True");
  assertEquals(yes, yes.map(() => isYes));
  const no = read("0", "f", "F", "false", "FALSE");
  assertEquals(no, no.map(() => isNo));
  const neither = read("", "yes", "11", "10", "xtrue", "truex", " true", "2");
  assertEquals(neither, neither.map(() => undefined));
});

Deno.test("readPair() cuts at the first equals sign", async (t) => {
  assertEquals(readPair("set", "a=b"), ["a", "b"]);
  assertEquals(readPair("set", "a=b=c"), ["a", "b=c"]);
  assertEquals(readPair("set", "a="), ["a", ""]);
  await refuses(t, (text) => readPair("set", text), [
    ["a", 'use "--set=a": write NAME=VALUE'],
    ["=b", 'use "--set==b": write NAME=VALUE'],
    ["", 'use "--set=": write NAME=VALUE'],
  ]);
  const error = badFlag("x", "y", "z");
  assertEquals(error.message, 'Cannot use "--x=y": z');
  assertEquals(error instanceof UsageError, error.path.length === 0);
});

Deno.test("readDevice() reads podman's forms", async (t) => {
  const device = (source: string, target: string, access?: string) => ({
    ...{ source, target, access },
  });
  const cases: readonly (readonly [string, ReturnType<typeof device>])[] = [
    ["/dev/a", device("/dev/a", "/dev/a")],
    ["/dev/../dev/a", device("/dev/a", "/dev/a")],
    ["/dev/a:r", device("/dev/a", "/dev/a", "r")],
    ["/dev/a:rwm", device("/dev/a", "/dev/a", "rwm")],
    ["/dev/a:/dev/b", device("/dev/a", "/dev/b")],
    ["/dev/a:/dev/./b:mw", device("/dev/a", "/dev/b", "mw")],
  ];
  for (const [text, expected] of cases) {
    await t.step(text, () => assertEquals(readDevice(text), expected));
  }
  const forms = "write SOURCE, or SOURCE:TARGET:rwm";
  await refuses(t, readDevice, [
    ["", `use "--device=": ${forms}`],
    [":/dev/a", `use "--device=:/dev/a": ${forms}`],
    ["/a:/b:r:w", `use "--device=/a:/b:r:w": ${forms}`],
    ["/a:b:r", 'use "--device=/a:b:r": target "b" is not absolute'],
    ["/a:x", 'use "--device=/a:x": "x" is not made of r, w and m'],
    ["/a:rr", 'use "--device=/a:rr": "rr" is not made of r, w and m'],
    ["/a:", 'use "--device=/a:": "" is not made of r, w and m'],
    [
      "/a:/b:rwmr",
      'use "--device=/a:/b:rwmr": "rwmr" is not made of r, w and m',
    ],
  ]);
});

Deno.test("checkLevel() knows what each format takes", async (t) => {
  checkLevel("level", undefined);
  checkLevel("level", 1);
  checkLevel("level", 9);
  checkLevel("level", 20, "zstd");
  await refuses(t, (level) => checkLevel("level", level), [
    [0, 'use "--level 0": it is 1 to 9 for gzip'],
    [10, 'use "--level 10": it is 1 to 9 for gzip'],
    [-1, 'use "--level -1": it is 1 to 9 for gzip'],
    [NaN, 'use "--level NaN": it is 1 to 9 for gzip'],
  ]);
  await refuses(t, (level) => checkLevel("level", level, "zstd"), [
    [0, 'use "--level 0": it is 1 to 20 for zstd'],
    [21, 'use "--level 21": it is 1 to 20 for zstd'],
  ]);
});

Deno.test("readSignal() takes names and numbers", async (t) => {
  const signals = ["TERM", "SIGKILL", "9", "64"].map(readSignal);
  assertEquals(signals, [15, 9, 9, 64]);
  const advice = "write its name, such as TERM, or its number, 1 to 64";
  await refuses(t, readSignal, [
    ["ODD", `send signal "ODD": ${advice}`],
    ["0", `send signal "0": ${advice}`],
    ["65", `send signal "65": ${advice}`],
  ]);
});

Deno.test("readLogRange() reads times, durations and counts", async (t) => {
  const now = Date.UTC(2026, 0, 1);
  const none = { since: undefined, until: undefined, tail: "all" };
  const nothing = { sinceMs: undefined, untilMs: undefined, tail: undefined };
  const cases: readonly (readonly [
    Partial<LogRangeFlags>,
    Partial<Record<keyof typeof nothing, number>>,
  ])[] = [
    [{}, {}],
    [{ tail: "-1" }, {}],
    [{ tail: "0" }, { tail: 0 }],
    [{ tail: "10" }, { tail: 10 }],
    [{ since: "1h" }, { sinceMs: now - 3_600_000 }],
    [{ since: "2025-12-31T00:00:00Z" }, { sinceMs: now - 86_400_000 }],
    [{ until: "1h" }, { untilMs: now + 3_600_000 }],
    [{ until: "2026-01-02T00:00:00Z" }, { untilMs: now + 86_400_000 }],
  ];
  for (const [flags, expected] of cases) {
    await t.step(JSON.stringify(flags), () => {
      const range = readLogRange({ ...none, ...flags }, now);
      assertEquals(range, { ...nothing, ...expected });
    });
  }
  await refuses(t, (tail) => readLogRange({ ...none, tail }, now), [
    ["", 'use "--tail=": write a number of lines, or all'],
    ["-2", 'use "--tail=-2": write a number of lines, or all'],
    ["1.5", 'use "--tail=1.5": write a number of lines, or all'],
    ["x1", 'use "--tail=x1": write a number of lines, or all'],
  ]);
});
