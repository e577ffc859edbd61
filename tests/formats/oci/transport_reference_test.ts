import { assert, assertEquals, assertThrows } from "@std/assert";
import { parseReference } from "../../../src/formats/oci/reference.ts";
import {
  hasTransport,
  parseStoreReference,
  parseTransportReference,
} from "../../../src/formats/oci/transport_reference.ts";

const HEX = "b".repeat(64);
const BUSYBOX = parseReference("busybox");

Deno.test("parseTransportReference() knows every transport", async (t) => {
  const cases: [text: string, parsed: Record<string, unknown>][] = [
    ["docker://busybox", { transport: "docker", reference: BUSYBOX }],
    ["containers-storage:busybox", {
      transport: "containers-storage",
      reference: BUSYBOX,
    }],
    [`containers-storage:${HEX}`, {
      transport: "containers-storage",
      imageId: HEX,
    }],
    ["containers-storage:@abc", {
      transport: "containers-storage",
      imageId: "abc",
    }],
    ["oci:/l", { transport: "oci", path: "/l" }],
    ["oci:/l:a/b--c:1", { transport: "oci", path: "/l", ref: "a/b--c:1" }],
    ["oci:/l:@2", { transport: "oci", path: "/l", index: 2 }],
    ["oci-archive:a.tar:1", {
      transport: "oci-archive",
      path: "a.tar",
      ref: "1",
    }],
    ["docker-archive:a.tar", { transport: "docker-archive", path: "a.tar" }],
    ["docker-archive:a.tar:busybox", {
      transport: "docker-archive",
      path: "a.tar",
      reference: BUSYBOX,
    }],
    ["docker-archive:a.tar:@0", {
      transport: "docker-archive",
      path: "a.tar",
      index: 0,
    }],
    ["dir:/d", { transport: "dir", path: "/d" }],
    ["docker-daemon:busybox:latest", {
      transport: "docker-daemon",
      reference: BUSYBOX,
    }],
    [`docker-daemon:sha256:${HEX}`, {
      transport: "docker-daemon",
      imageId: `sha256:${HEX}`,
    }],
  ];
  for (const [text, parsed] of cases) {
    await t.step(text, () => {
      assertEquals<unknown>({ ...parseTransportReference(text) }, parsed);
      assert(hasTransport(text));
    });
  }
});

Deno.test("parseTransportReference() refuses the rest", async (t) => {
  const cases: [text: string, why: string][] = [
    ["busybox", "expected transport:reference"],
    ["bogus:x", 'unknown transport "bogus"'],
    ["docker:busybox", "docker://"],
    ["oci:", "no path"],
    ["oci:/l:a b", "no ref name"],
    ["oci:/l:../x", "no ref name"],
    ["oci:/l:@x", "no position"],
    ["docker-archive:a.tar:a@sha256:" + HEX, "no digests"],
    ["docker-daemon:x", "NAME:TAG"],
    ["containers-storage:x@zz", "neither a digest nor an ID"],
    ["containers-storage:[overlay@rel]x", "[driver@/root"],
    ["containers-storage:[overlay@/r", "without"],
    ["dir:a\0b", "NUL"],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      assertThrows(() => parseTransportReference(text), SyntaxError, why);
    });
  }
});

Deno.test("parseStoreReference() reads the store in brackets", () => {
  assertEquals<unknown>(
    parseStoreReference(`[overlay@/r+/run/r:a=1,b]busybox@${HEX}`),
    {
      transport: "containers-storage",
      reference: BUSYBOX,
      imageId: HEX,
      store: {
        driver: "overlay",
        root: "/r",
        runRoot: "/run/r",
        options: ["a=1", "b"],
      },
    },
  );
});

Deno.test("hasTransport() takes a host and port for a name", () => {
  for (const text of ["oci:5000/x", "dir:80", "busybox:1", "docker:1"]) {
    assert(!hasTransport(text), text);
  }
});
