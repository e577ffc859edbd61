import {
  assert,
  assertEquals,
  assertFalse,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { takeLibcWithSockets } from "../../src/process/libc_with_sockets.ts";
import { toAddress } from "../../src/process/sockets/socket_address.ts";
import { needs, needsThat } from "../support/peers.ts";
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

Deno.test("sendDatagram() says that nobody is there", { ignore }, () => {
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
