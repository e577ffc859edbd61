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

Deno.test("parseTransportReference() takes texts up to three paths long", () => {
  const of = (length: number) => `dir:/${"a".repeat(length - 5)}`;
  const limit = 3 * 4096;
  assertEquals(parseTransportReference(of(limit)).transport, "dir");
  for (const text of [of(limit + 1), "dir:/a\0"]) {
    const error = assertThrows(
      () => parseTransportReference(text),
      SyntaxError,
      "too long, or with a NUL character",
    );
    assert(error.message.length < 300);
  }
});

Deno.test("parseTransportReference() shows control characters as such", () => {
  const error = assertThrows(
    () => parseTransportReference("x\x1b[2J:\u202e"),
    SyntaxError,
    'Cannot parse reference "x\uFFFD[2J:\uFFFD"',
  );
  assert(!error.message.includes("\x1b"));
});

Deno.test("parseTransportReference() demands a transport before a colon", async (t) => {
  const cases: readonly (readonly [string, string])[] = [
    ["busybox", "expected transport:reference"],
    [":busybox", 'unknown transport ""'],
    ["x:busybox", 'unknown transport "x"'],
    ["docker:/busybox", "expected docker://NAME"],
    ["dir:", "it has no path"],
    ["oci:", "it has no path"],
    ["oci::tag", "it has no path"],
    ["oci:/a:@1234567", '"@1234567" is no position'],
    ["oci:/a:@", '"@" is no position'],
    ["oci:/a:b c", '"b c" is no ref name'],
    ["oci:/a:-b", '"-b" is no ref name'],
    ["oci:/a:b-", '"b-" is no ref name'],
    ["oci:/a:b/", '"b/" is no ref name'],
    ["oci:/a:b---c", '"b---c" is no ref name'],
    [`docker-archive:/a:b@sha256:${"a".repeat(64)}`, "knows no digests"],
    ["docker-daemon:a", "expected NAME:TAG or an ID with its algorithm"],
    ["containers-storage:[/a", '"[" without "]"'],
    ["containers-storage:[a]b", "expected [driver@/root+/runroot:options]"],
    ["containers-storage:[/a+b]c", "expected [driver@/root+/runroot:options]"],
    ["containers-storage:[/a+/b+/c]d", "expected [driver@/root+/runroot"],
    ["containers-storage:@ab", '"ab" is neither a digest nor an ID'],
    [`containers-storage:@${"a".repeat(65)}`, "neither a digest nor an ID"],
  ];
  for (const [text, why] of cases) {
    await t.step(text, () => {
      assertThrows(() => parseTransportReference(text), SyntaxError, why);
    });
  }
});

Deno.test("parseTransportReference() finds names, positions and stores", async (t) => {
  const cases: readonly (readonly [string, object])[] = [
    ["oci:/a", { transport: "oci", path: "/a" }],
    ["oci:/a:", { transport: "oci", path: "/a" }],
    ["oci:/a:@0", { transport: "oci", path: "/a", index: 0 }],
    ["oci-archive:a:@123456", {
      transport: "oci-archive",
      path: "a",
      index: 123456,
    }],
    ["oci:/a:b--c.d_e:f@g+h/i", {
      transport: "oci",
      path: "/a",
      ref: "b--c.d_e:f@g+h/i",
    }],
    ["dir:a:b", { transport: "dir", path: "a:b" }],
    ["containers-storage:@abc", {
      transport: "containers-storage",
      imageId: "abc",
    }],
    ["containers-storage:[overlay@/a+/b:x=y,z]@abc", {
      transport: "containers-storage",
      imageId: "abc",
      store: {
        root: "/a",
        runRoot: "/b",
        driver: "overlay",
        options: ["x=y", "z"],
      },
    }],
    ["containers-storage:[/a]@abc", {
      transport: "containers-storage",
      imageId: "abc",
      store: { root: "/a", options: [] },
    }],
    [`containers-storage:${"a".repeat(64)}`, {
      transport: "containers-storage",
      imageId: "a".repeat(64),
    }],
  ];
  for (const [text, expected] of cases) {
    await t.step(text, () => {
      assertEquals({ ...parseTransportReference(text) }, expected);
    });
  }
});
