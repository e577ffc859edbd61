import { assertEquals } from "@std/assert";
import { listHandlers, runtimeOf } from "../../../src/cri/runtime/handlers.ts";
import { listRuntimes } from "../../../src/engine/runtimes/find_runtime.ts";

Deno.test("listHandlers() has the default, the administrator's and the installed", async (t) => {
  const installed = listRuntimes();
  const cases: readonly (readonly [string | undefined, readonly string[]])[] = [
    [undefined, ["", ...installed]],
    ["/opt/bin/own", ["", "own", ...installed]],
    ["own", ["", "own", ...installed]],
    ...installed.slice(0, 1).map((name) =>
      [`/opt/bin/${name}`, ["", ...installed]] as const
    ),
  ];
  for (const [runtime, expected] of cases) {
    await t.step(runtime ?? "none", () => {
      assertEquals(listHandlers({ runtime }), expected);
    });
  }
});

Deno.test("runtimeOf() leads from a handler to its runtime", async (t) => {
  const cases: readonly (readonly [
    string | undefined,
    string,
    string | undefined,
  ])[] = [
    [undefined, "", undefined],
    [undefined, "runc", "runc"],
    ["/opt/bin/own", "", "/opt/bin/own"],
    ["/opt/bin/own", "own", "/opt/bin/own"],
    ["/opt/bin/own", "crun", "crun"],
    ["own", "own", "own"],
  ];
  for (const [runtime, handler, expected] of cases) {
    await t.step(`${runtime} ${handler}`, () => {
      assertEquals(runtimeOf({ runtime }, handler), expected);
    });
  }
});
