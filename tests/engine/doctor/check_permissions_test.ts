import { assertEquals } from "@std/assert";
import { permissionChecks } from "../../../src/engine/doctor/check_permissions.ts";
import type { Finding } from "../../../src/engine/doctor/finding.ts";
import { findProgram } from "../../../src/process/find_program.ts";
import { libc } from "../../support/own_libc.ts";
import { needs, needsThat } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const ROOTS = { root: "/none/root", runRoot: "/none/run" };

function show({ check, state, found, advice }: Finding): string {
  return [check, state, found, ...advice === undefined ? [] : [advice]]
    .join(" | ");
}

Deno.test("permissionChecks() report whether locks of other tools are respected", async (t) => {
  const cases = [
    [undefined, [
      "locks of other tools | warn | libc is not bound | Do not share this " +
      "store: allow ffi, or use a glibc system",
    ]],
    [libc, ["locks of other tools | ok | respected, by fcntl"]],
  ] as const;
  for (const [libc, expected] of cases) {
    const isThere = needsThat(
      libc !== undefined || cases[0][0] === libc,
      "there is no libc",
    );
    await t.step({
      ...isThere,
      name: `${libc === undefined ? "without" : "with"} libc`,
      async fn() {
        const [check] = permissionChecks({ ...ROOTS, libc, env: {} });
        assertEquals(check?.name, "locks of other tools");
        const findings = await check?.look() ?? [];
        assertEquals(findings.map(show), [...expected]);
      },
    });
  }
});

Deno.test(
  "permissionChecks() report what the process may do",
  needs("tar"),
  async (t) => {
    using dir = tempDir();
    const [root, runRoot] = [dir.join("root"), dir.join("run")];
    const launcher = "Start orlop with its launcher";
    const tar = findProgram("tar");
    const cases: Readonly<Record<string, readonly [string[], string[]]>> = {
      "anything": [["--allow-all"], [
        `warn | run: all programs | ${launcher}`,
        `warn | ffi: everything | ${launcher}`,
        `warn | net: all hosts | ${launcher}`,
        "ok | read: all files",
        "warn | write: all files | The launcher and the self-extracting file " +
        "grant less",
      ]],
      "what it needs": [
        [
          `--allow-read=/usr,/bin,/sbin,${root}`,
          `--allow-run=${tar}`,
          `--allow-write=${root},${runRoot}`,
        ],
        [
          "ok | run: tar",
          "ok | ffi: nothing more can be loaded",
          "ok | net: none",
          `ok | read: ${root}`,
          `ok | write: ${root}, ${runRoot}`,
        ],
      ],
      "less": [[`--allow-write=${runRoot}`], [
        "ok | run: ",
        "ok | ffi: nothing more can be loaded",
        "ok | net: none",
        `ok | read: ${root}`,
        `ok | write: ${runRoot}`,
      ]],
    };
    const program = new URL(
      "../../support/programs/permission_checks.ts",
      import.meta.url,
    );
    for (const [name, [flags, expected]] of Object.entries(cases)) {
      await t.step(name, async () => {
        const { stdout } = await new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--quiet", "--no-check", "--no-prompt", ...flags],
            ...[program.pathname, root, runRoot],
          ],
        }).output();
        const findings: Finding[] = JSON.parse(
          new TextDecoder().decode(stdout),
        );
        assertEquals(
          findings.slice(1).map(show),
          expected.map((line) => `permissions | ${line}`),
        );
      });
    }
  },
);
