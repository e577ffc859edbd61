import { assertEquals, assertThrows } from "@std/assert";
import {
  isDeviceName,
  parseDeviceName,
} from "../../../src/formats/cdi/device_name.ts";

Deno.test("parseDeviceName() takes vendor, class and name", async (t) => {
  const table: [string, string, string][] = [
    ["vendor.com/class=name", "vendor.com/class", "name"],
    ["v/c=0", "v/c", "0"],
    ["nvidia.com/gpu=mig1:0", "nvidia.com/gpu", "mig1:0"],
    ["a.b-c_d/e.f=g.h_i-j", "a.b-c_d/e.f", "g.h_i-j"],
  ];
  for (const [text, kind, name] of table) {
    await t.step(text, () => {
      assertEquals(parseDeviceName(text), { kind, name });
    });
  }
  const wrong = [
    ...["", "gpu", "a=b", "/dev/x=y", "a/b", "a/b=", "a/b/c=d", "1a/b=c"],
    ...["a./b=c", "a/b-=c", "a/b=-c", "a/b=c/d", "a/b=c=d", "a/b=c\n"],
  ];
  for (const text of wrong) {
    await t.step(JSON.stringify(text), () => {
      assertThrows(
        () => parseDeviceName(text),
        TypeError,
        "expected vendor.com/class=name",
      );
    });
  }
});

Deno.test("isDeviceName() leaves paths of the host alone", () => {
  const table: [string, boolean][] = [
    ["a/b=c", true],
    ["/dev/fuse", false],
    ["/dev/a/b=c", false],
    ["fuse", false],
    ["/dev/a:/dev/b:rw", false],
  ];
  for (const [text, expected] of table) {
    assertEquals(isDeviceName(text), expected, text);
  }
});
