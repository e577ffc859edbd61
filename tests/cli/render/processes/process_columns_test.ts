import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  DEFAULT_DESCRIPTORS,
  DESCRIPTOR_NAMES,
  isDescriptor,
  processColumns,
  type ProcessEnvironment,
} from "../../../../src/cli/render/processes/process_columns.ts";
import type { ContainerProcess } from "../../../../src/engine/processes/list_processes.ts";

const PROCESS: ContainerProcess = {
  ...{ hostPid: 4242, pid: 7, parentPid: 1, args: ["sleep", "1 0"] },
  stat: {
    ...{ name: "sleep", state: "S", parentPid: 4200, groupId: 5, sessionId: 6 },
    ...{ terminal: 136 << 8 | 3, userTicks: 150, systemTicks: 50, nice: -5 },
    ...{ startTicks: 1000, virtualBytes: 4096 * 3 - 1, residentPages: 2 },
  },
  status: new Map([
    ["Uid", "1000\t0\t1000\t1000"],
    ["Gid", "100\t5\t100\t100"],
    ["CapEff", "0000000000000003"],
    ["CapPrm", "0"],
    ["CapInh", "x"],
    ["Seccomp", "2"],
  ]),
};
const AROUND: ProcessEnvironment = {
  users: new Map([[0, "root"], [1000, "ann"]]),
  groups: new Map([[5, "tty"]]),
  hostUsers: new Map([[0, "host-root"]]),
  nowTicks: 2000,
};

/** What one column shows. */
function show(
  name: string,
  process: ContainerProcess = PROCESS,
  around: ProcessEnvironment = AROUND,
): string {
  const [column] = processColumns([name], around);
  return `${column?.header}: ${column?.text(process)}`;
}

Deno.test("processColumns() knows what podman's top can show", async (t) => {
  const cases: Readonly<Record<string, string>> = {
    args: "COMMAND: sleep 1 0",
    capamb: "AMBIENT CAPS: ?",
    capbnd: "BOUNDING CAPS: ?",
    capeff: "EFFECTIVE CAPS: CHOWN,DAC_OVERRIDE",
    capinh: "INHERITED CAPS: ?",
    capprm: "PERMITTED CAPS: none",
    comm: "COMMAND: sleep",
    etime: "ELAPSED: 10s",
    group: "GROUP: tty",
    hgroup: "HGROUP: 5",
    hpid: "HPID: 4242",
    huser: "HUSER: host-root",
    nice: "NI: -5",
    pcpu: "%CPU: 20.000",
    pgid: "PGID: 5",
    pid: "PID: 7",
    ppid: "PPID: 1",
    rgroup: "RGROUP: 100",
    rss: "RSS: 8",
    ruser: "RUSER: ann",
    seccomp: "SECCOMP: filter",
    state: "STATE: S",
    time: "TIME: 2s",
    tty: "TTY: pts/3",
    user: "USER: root",
    vsz: "VSZ: 11",
  };
  assertEquals(DESCRIPTOR_NAMES, Object.keys(cases));
  for (const [name, text] of Object.entries(cases)) {
    await t.step(name, () => assertEquals(show(name), text));
  }
});

Deno.test("processColumns() knows ps(1)'s short names", async (t) => {
  const names: Readonly<Record<string, string>> = {
    ...{
      "%C": "pcpu",
      "%G": "group",
      "%P": "ppid",
      "%U": "user",
      "%a": "args",
    },
    ...{
      "%c": "comm",
      "%g": "rgroup",
      "%n": "nice",
      "%p": "pid",
      "%r": "pgid",
    },
    ...{ "%t": "etime", "%u": "ruser", "%x": "time", "%y": "tty", "%z": "vsz" },
  };
  for (const [short, name] of Object.entries(names)) {
    await t.step(short, () => {
      assert(isDescriptor(short));
      assertEquals(show(short), show(name));
    });
  }
  for (const odd of ["", "PID", "%X", "toString", "__proto__", "pid "]) {
    await t.step(`not ${JSON.stringify(odd)}`, () => {
      assertFalse(isDescriptor(odd));
      assertEquals(processColumns([odd], AROUND), []);
    });
  }
  assert(DEFAULT_DESCRIPTORS.every(isDescriptor));
  assertEquals(
    DEFAULT_DESCRIPTORS.join(),
    "user,pid,ppid,pcpu,etime,tty,time,args",
  );
});

Deno.test("processColumns() shows what little is known", async (t) => {
  const odd: ContainerProcess = { ...PROCESS, args: [], status: new Map() };
  const stat = (changes: Partial<ContainerProcess["stat"]>) => ({
    ...{ ...PROCESS, stat: { ...PROCESS.stat, ...changes } },
  });
  const cases: readonly (readonly [string, string, ContainerProcess])[] = [
    ["args", "COMMAND: [sleep]", odd],
    ["user", "USER: ?", odd],
    ["group", "GROUP: ?", odd],
    ["seccomp", "SECCOMP: ?", odd],
    ["tty", "TTY: ?", stat({ terminal: 0 })],
    ["tty", "TTY: ?", stat({ terminal: 4 << 8 | 1 })],
    ["tty", "TTY: ?", stat({ terminal: 135 << 8 })],
    ["tty", "TTY: pts/0", stat({ terminal: 136 << 8 })],
    ["tty", "TTY: pts/256", stat({ terminal: 137 << 8 })],
    ["tty", "TTY: pts/1792", stat({ terminal: 143 << 8 })],
    ["tty", "TTY: ?", stat({ terminal: 144 << 8 })],
    ["tty", "TTY: pts/259", stat({ terminal: 136 << 8 | 3 | 1 << 20 })],
    ["etime", "ELAPSED: 0s", stat({ startTicks: 3000 })],
    ["pcpu", "%CPU: 0.000", stat({ startTicks: 2000 })],
  ];
  for (const [name, text, process] of cases) {
    await t.step(`${name} ${text} ${process.stat.terminal}`, () => {
      assertEquals(show(name, process), text);
    });
  }
  for (const [mode, text] of [["0", "disabled"], ["1", "strict"], ["3", "?"]]) {
    await t.step(`seccomp ${mode}`, () => {
      const status = new Map([["Seccomp", mode ?? ""]]);
      const shown = show("seccomp", { ...PROCESS, status });
      assertEquals(shown, `SECCOMP: ${text}`);
    });
  }
});
