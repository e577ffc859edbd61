import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  createPathGrants,
  type PathPermission,
} from "../../src/process/path_grants.ts";

interface Grants {
  readonly allow: string[];
  readonly deny: readonly string[];
}

/** Answers as Deno does, and counts the different questions. */
function granting(grants: Grants) {
  const asked = new Set<string>();
  const isBelow = (folder: string, path: string) =>
    folder === "/" || path === folder || path.startsWith(`${folder}/`);
  const isGranted = createPathGrants(({ name, path: asking }) => {
    const { pathname: path } = new URL(asking, "file:///");
    asked.add(`${name} ${asking}`);
    const isDenied = grants.deny.some((folder) => isBelow(folder, path));
    if (isDenied) return { state: "denied", partial: false };
    const state = grants.allow.some((folder) => isBelow(folder, path))
      ? "granted"
      : "prompt";
    const partial = grants.deny.some((folder) => isBelow(path, folder));
    return { state, partial: state === "granted" && partial };
  });
  return { asked, isGranted };
}

const CASES: readonly (readonly [path: string, isGranted: boolean])[] = [
  ["/store", true],
  ["/store/a", true],
  ["/store/a/b/c", true],
  ["/stores/a", false],
  ["/storage", false],
  ["/", false],
  ["/store/a/../../etc/passwd", false],
  ["/store/..", false],
  ["/store/a/../b", true],
  ["/store/./a", true],
  ["/store//a", true],
  ["/store/secret", false],
  ["/store/secret/key", false],
  ["/store/secrets", true],
  ["/run/a.lock", true],
  ["/run/b.lock", false],
];

Deno.test("isPathGranted() grants what Deno does, whatever was asked before", async (t) => {
  const grants = { allow: ["/store", "/run/a.lock"], deny: ["/store/secret"] };
  const { isGranted } = granting(grants);
  for (const round of ["first", "again"]) {
    for (const [path, expected] of CASES) {
      await t.step(`${round}: ${path}`, () => {
        assertEquals(isGranted("write", path), expected);
      });
    }
  }
});

Deno.test("isPathGranted() asks no more, however many paths there are", async (t) => {
  for (
    const allow of [["/"], ["/store"], ["/store/deep/down"], ["/a", "/store"]]
  ) {
    await t.step(allow.join(), () => {
      const { asked, isGranted } = granting({ allow, deny: [] });
      const names: readonly PathPermission[] = ["read", "write"];
      for (let n = 0; n < 1000; n++) {
        for (const name of names) {
          assert(isGranted(name, `/store/deep/down/${n}/link`));
        }
      }
      assert(asked.size <= 8, [...asked].join());
    });
  }
});

Deno.test("isPathGranted() grants nothing that was given up since", () => {
  const allow = ["/store", "/store/kept"];
  const { isGranted } = granting({ allow, deny: [] });
  assert(isGranted("write", "/store/a"));
  allow.shift();
  assertFalse(isGranted("write", "/store/a"));
  assert(isGranted("write", "/store/kept/a"));
});
