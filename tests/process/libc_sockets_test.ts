import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { openSockets } from "../../src/process/libc_sockets.ts";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";
import { toAddress } from "../../src/process/sockets/socket_address.ts";
import { needs, needsThat } from "../support/peers.ts";
import { type Answer, recordLibc } from "./recorded_libc.ts";
import { tempDir } from "../support/temp_dir.ts";

const sockets = takeLibcWithSockets()?.sockets;
const ignore = needsThat(sockets !== undefined, "libc cannot be bound").ignore;

const RECEIVE = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", chr(0)))
say = lambda text: (sys.stdout.write(text), sys.stdout.flush())
say("bound\\n")
say(s.recv(1000).decode() + "\\n")
`;

Deno.test("sendDatagram() reaches a file, and an abstract name", {
  ignore: ignore || needs("python3").ignore,
}, async (t) => {
  using dir = tempDir();
  for (const path of [dir.join("s"), `@orlop-test-${Deno.pid}`]) {
    await t.step(path.slice(0, 1), async () => {
      await using receiver = new Deno.Command("python3", {
        args: ["-c", RECEIVE, path],
        stdout: "piped",
      }).spawn();
      const lines = receiver.stdout.pipeThrough(new TextDecoderStream());
      const reader = lines.getReader();
      assertStringIncludes((await reader.read()).value ?? "", "bound");
      assert(sockets?.sendDatagram(path, "READY=1"));
      assertStringIncludes((await reader.read()).value ?? "", "READY=1");
      await reader.cancel();
    });
  }
});

Deno.test("sendDatagram() reports that no one is there", { ignore }, () => {
  using dir = tempDir();
  assertFalse(sockets?.sendDatagram(dir.join("none"), "READY=1"));
});

Deno.test("setCloseOnExec() and readPeer() fail on what is no socket", {
  ignore,
}, () => {
  assertThrows(() => sockets?.setCloseOnExec(9999), Error, "fcntl");
  assertEquals(sockets?.readPeer(9999), undefined);
});

Deno.test("toAddress() takes paths that fit, and no NUL", () => {
  assertEquals(toAddress("/a"), new Uint8Array([1, 0, 47, 97, 0]));
  assertEquals(toAddress("@a"), new Uint8Array([1, 0, 0, 97]));
  assertThrows(() => toAddress("/a\0b"), TypeError);
  assertThrows(() => toAddress(`/${"ü".repeat(54)}`), RangeError, "107 bytes");
  assertEquals(toAddress(`/${"a".repeat(106)}`).byteLength, 110);
});

type Answers = Readonly<Record<string, Answer>>;

const CLOEXEC = 0o2000000;

Deno.test("setCloseOnExec() and readPeer() ask for what their names say", () => {
  const { symbols, calls } = recordLibc({
    getsockopt: (...[, , , numbers]) => {
      new Uint32Array(numbers?.buffer ?? new ArrayBuffer(12)).set([7, 8, 9]);
      return 0;
    },
  });
  const sockets = openSockets(symbols, symbols);
  sockets.setCloseOnExec(8);
  assertEquals(sockets.readPeer(9), { pid: 7, uid: 8, gid: 9 });
  assertEquals(calls, [
    "setDescriptorFlags 8 2 1",
    "getsockopt 9 1 17 (12 zeros) 0c000000",
  ]);
  const failing = recordLibc({ setDescriptorFlags: -1, getsockopt: -1 });
  const others = openSockets(failing.symbols, failing.symbols);
  assertEquals(others.readPeer(9), undefined);
  assertThrows(() => others.setCloseOnExec(8), Error, "fcntl failed");
});

Deno.test("sendDatagram() sends at once, or not, and closes its socket", async (t) => {
  const opened = `socket 1 ${2 | 0o4000 | CLOEXEC} 0`;
  const connected = `connect 7 0100${hexOf("/run/s")}00 9`;
  const sent = `send 7 ${hexOf("READY=1")} 7n ${0x4000}`;
  const cases: readonly (readonly [string, Answers, string[], boolean])[] = [
    ["all", { socket: 7, send: 7n }, [
      ...[opened, connected, sent, "close 7"],
    ], true],
    ["a part", { socket: 7, send: 6n }, [
      ...[opened, connected, sent, "close 7"],
    ], false],
    ["nobody there", { socket: 7, connect: -1 }, [
      ...[opened, connected, "close 7"],
    ], false],
    ["no socket", { socket: -1 }, [opened], false],
  ];
  for (const [name, answers, expected, isSent] of cases) {
    await t.step(name, () => {
      const { symbols, calls } = recordLibc(answers);
      const sockets = openSockets(symbols, symbols);
      assertEquals(sockets.sendDatagram("/run/s", "READY=1"), isSent);
      assertEquals(calls, expected);
    });
  }
  await t.step("a path that is too long", () => {
    const { symbols, calls } = recordLibc({ socket: 7 });
    const sockets = openSockets(symbols, symbols);
    const path = `/${"x".repeat(107)}`;
    assertThrows(() => sockets.sendDatagram(path, ""), RangeError);
    assertEquals(calls, [opened, "close 7"]);
  });
});

function hexOf(text: string): string {
  return new TextEncoder().encode(text).toHex();
}
