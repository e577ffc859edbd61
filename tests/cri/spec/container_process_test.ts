import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { assertEquals, assertFalse, assertThrows } from "@std/assert";
import { ContainerConfigSchema, Signal } from "../../../src/cri/api/api_pb.js";
import { processSettings } from "../../../src/cri/spec/container_process.ts";
import { signalName } from "../../../src/cri/spec/stop_signal.ts";
import { parseSignal } from "../../../src/formats/config/signals.ts";
import { toBytes } from "../../../src/formats/bytes.ts";

type Config = MessageInitShape<typeof ContainerConfigSchema>;

function settingsOf(config: Config, Env: readonly string[] = []) {
  return processSettings(create(ContainerConfigSchema, config), { Env });
}

Deno.test("processSettings() lets a command stand for entrypoint and arguments", async (t) => {
  const table: [Config, readonly string[] | undefined, readonly string[]][] = [
    [{}, undefined, []],
    [{ args: ["a"] }, undefined, ["a"]],
    [{ command: ["c"] }, ["c"], []],
    [{ command: ["c", "d"], args: ["a"] }, ["c", "d"], ["a"]],
  ];
  for (const [config, entrypoint, args] of table) {
    await t.step(JSON.stringify(config), () => {
      const found = settingsOf(config);
      assertEquals([found.entrypoint, found.args], [entrypoint, args]);
    });
  }
});

Deno.test("processSettings() sets what was asked for, and nothing of people's", async (t) => {
  const envs = [
    { key: "A", value: toBytes("ä=b") },
    { key: "EMPTY", value: new Uint8Array() },
    { key: "odd key!", value: toBytes("\ufeffx") },
  ];
  const own = ["A=ä=b", "EMPTY=", "odd key!=\ufeffx"];
  const table: [Config, readonly string[], readonly string[]][] = [
    [{ envs }, [], ["container", "TERM", ...own]],
    [{ envs, tty: true }, [], ["container", ...own]],
    [{}, ["TERM=vt100", "container=mine"], []],
    [{}, ["TERMINAL=x"], ["container", "TERM"]],
  ];
  for (const [config, image, expected] of table) {
    await t.step(`${config.tty} ${image}`, () => {
      assertEquals(settingsOf(config, image).env, expected);
    });
  }
});

Deno.test("processSettings() refuses variables that no runtime takes", async (t) => {
  const table: [string, Uint8Array, string][] = [
    ["", toBytes("x"), "a name has neither"],
    ["A=B", toBytes("x"), "a name has neither"],
    ["A\0", toBytes("x"), "a name has neither"],
    ["SECRET", new Uint8Array([0x66, 0xff]), "its value is not UTF-8"],
    ["SECRET", new Uint8Array([0xed, 0xa0, 0x80]), "its value is not UTF-8"],
  ];
  for (const [key, value, message] of table) {
    await t.step(JSON.stringify(key), () => {
      const error = assertThrows(
        () => settingsOf({ envs: [{ key, value }] }),
        TypeError,
        message,
      );
      assertFalse(error.message.includes("f\ufffd"));
    });
  }
});

Deno.test("signalName() names all of CRI's signals as images do", async (t) => {
  const table: [Signal, string, number][] = [
    [Signal.SIGTERM, "SIGTERM", 15],
    [Signal.SIGRTMIN, "SIGRTMIN", 34],
    [Signal.SIGRTMINPLUS15, "SIGRTMIN+15", 49],
    [Signal.SIGRTMAXMINUS14, "SIGRTMAX-14", 50],
    [Signal.SIGRTMAX, "SIGRTMAX", 64],
  ];
  for (const [signal, name, number] of table) {
    await t.step(name, () => {
      assertEquals(signalName(signal), name);
      assertEquals(parseSignal(name), number);
    });
  }
  assertEquals(signalName(Signal.RUNTIME_DEFAULT), undefined);
  for (let signal = 1; signal <= 65; signal++) {
    assertEquals(typeof parseSignal(signalName(signal) ?? ""), "number");
  }
  assertThrows(() => signalName(Number(66)), TypeError, "it is unknown");
});
