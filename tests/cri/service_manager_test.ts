import { assertEquals } from "@std/assert";
import {
  type NotifyEnvironment,
  openServiceManager,
  watchdogInterval,
} from "../../src/cri/service_manager.ts";
import { until } from "../support/until.ts";

// In a namespace of its own, this one may have number 1.
const OTHER = `${Deno.pid + 1}`;
const NOTHING: NotifyEnvironment = {
  ...{ socket: undefined, watchdogMicroseconds: undefined },
  watchdogPid: undefined,
};

/** A service manager that listens, and what it was told. */
function open(environment: Partial<NotifyEnvironment>) {
  const told: string[] = [];
  const sendDatagram = (path: string, text: string) => {
    told.push(`${path}: ${text.replaceAll("\n", " ")}`);
    return path !== "";
  };
  const manager = openServiceManager({ sockets: { sendDatagram } }, {
    ...{ ...NOTHING, ...environment },
  });
  return { told, manager };
}

Deno.test("openServiceManager() reports that it is ready, and that it ends", () => {
  const { told, manager } = open({ socket: "/s" });
  assertEquals(told, []);
  manager.ready("serving");
  manager[Symbol.dispose]();
  assertEquals(told, [
    `/s: READY=1 STATUS=serving MAINPID=${Deno.pid}`,
    "/s: STOPPING=1 STATUS=ending",
  ]);
});

Deno.test("openServiceManager() tells nobody where no one listens", async (t) => {
  for (const socket of [undefined, ""]) {
    await t.step(JSON.stringify(socket) ?? "no socket", () => {
      const watchdogMicroseconds = "2000";
      const { told, manager } = open({ socket, watchdogMicroseconds });
      // The sanitizer finds a timer that stays.
      manager.ready("serving");
      assertEquals(told, []);
    });
  }
  const manager = openServiceManager(undefined, { ...NOTHING, socket: "/s" });
  manager.ready("serving");
  manager[Symbol.dispose]();
});

Deno.test("openServiceManager() is alive for the watchdog, twice in its time", async (t) => {
  for (const watchdogPid of [undefined, "", String(Deno.pid)]) {
    await t.step(`for ${watchdogPid}`, async () => {
      const environment = { socket: "/s", watchdogMicroseconds: "2000" };
      const { told, manager } = open({ ...environment, watchdogPid });
      manager.ready("serving");
      await until(() => told.length >= 3);
      manager[Symbol.dispose]();
      assertEquals(told.slice(1, 3), ["/s: WATCHDOG=1", "/s: WATCHDOG=1"]);
      assertEquals(told.at(-1), "/s: STOPPING=1 STATUS=ending");
    });
  }
});

Deno.test("watchdogInterval() is half of the limit, in milliseconds", async (t) => {
  const socket = "/s";
  const cases: readonly (readonly [
    Partial<NotifyEnvironment>,
    number | undefined,
  ])[] = [
    [{ socket, watchdogMicroseconds: "30000000" }, 15_000],
    [{ socket, watchdogMicroseconds: "3000" }, 1.5],
    [{ socket, watchdogMicroseconds: "2000" }, 1],
    [{ socket, watchdogMicroseconds: "1" }, 1],
    [{ socket, watchdogMicroseconds: "0" }, undefined],
    [{ socket, watchdogMicroseconds: "x" }, undefined],
    [{ socket }, undefined],
    [{ watchdogMicroseconds: "30000000" }, undefined],
    [{ socket: "", watchdogMicroseconds: "30000000" }, undefined],
    [
      { socket, watchdogMicroseconds: "4000", watchdogPid: `${Deno.pid}` },
      2,
    ],
    [{ socket, watchdogMicroseconds: "4000", watchdogPid: OTHER }, undefined],
    [{ socket, watchdogMicroseconds: "4000", watchdogPid: "" }, 2],
  ];
  for (const [environment, expected] of cases) {
    await t.step(JSON.stringify(environment), () => {
      const interval = watchdogInterval({ ...NOTHING, ...environment });
      assertEquals(interval, expected);
    });
  }
});

Deno.test("openServiceManager() has no watchdog where there is none", async (t) => {
  const cases: readonly (readonly [string | undefined, string | undefined])[] =
    [
      [undefined, undefined],
      ["0", undefined],
      ["-1", undefined],
      ["x", undefined],
      ["2000", OTHER],
    ];
  for (const [watchdogMicroseconds, watchdogPid] of cases) {
    await t.step(`${watchdogMicroseconds} ${watchdogPid}`, () => {
      const environment = { watchdogMicroseconds, watchdogPid };
      const { told, manager } = open({ socket: "/s", ...environment });
      // Nor is there a timer that would have to be ended.
      manager.ready("serving");
      assertEquals(told.length, 1);
    });
  }
});
