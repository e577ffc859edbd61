import { assertThrows } from "@std/assert";
import {
  checkPorts,
  checkWanted,
} from "../../../src/cri/streaming/check_wanted.ts";

const none = { stdin: false, stdout: false, stderr: false, terminal: false };

Deno.test("checkWanted() allows what Kubernetes allows", () => {
  checkWanted({ ...none, stdin: true });
  checkWanted({ ...none, stdout: true, stderr: true });
  checkWanted({ ...none, stdin: true, stdout: true, terminal: true });
});

Deno.test("checkWanted() refuses streams that cannot be meant", () => {
  assertThrows(() => checkWanted(none), TypeError, "stream: none of stdin");
  assertThrows(
    () => checkWanted({ ...none, stdout: true, stderr: true, terminal: true }),
    TypeError,
    "Cannot stream stderr with a terminal",
  );
});

Deno.test("checkPorts() refuses what is no port", () => {
  checkPorts([1, 80, 65535]);
  for (const port of [0, -1, 65536, 1.5, NaN]) {
    assertThrows(() => checkPorts([80, port]), TypeError, "use 1 to 65535");
  }
});
