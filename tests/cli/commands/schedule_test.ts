import { assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses } from "../../support/cli_says.ts";

const GC = "gc --quiet --wait 600";

Deno.test("schedule prints what starts cleanups at a time", async (t) => {
  using store = await cliStore();
  const { root, runRoot } = store.test.agent.store.paths;
  const place = `/o --root ${root} --runroot ${runRoot}`;
  const cases: readonly (readonly [string, string])[] = [
    ["cron", `17 3 * * * root ${place} ${GC}`],
    ["cron --at 7:05", `5 7 * * * root ${place} ${GC}`],
    ["cron --at 00:00", `0 0 * * * root ${place} ${GC}`],
    ["cron --at 19:59", `59 19 * * * root ${place} ${GC}`],
    ["cron --at 23:59", `59 23 * * * root ${place} ${GC}`],
    ["cron --every hour", `17 * * * * root ${place} ${GC}`],
    ["cron --every week", `17 3 * * 0 root ${place} ${GC}`],
    ["cron -- --all --keep 2", `17 3 * * * root ${place} ${GC} --all --keep 2`],
    ["cron -- --wait 5", `17 3 * * * root ${place} gc --quiet --wait 5`],
    ["cron -- --wait=5", `17 3 * * * root ${place} gc --quiet --wait=5`],
    ["systemd", `ExecStart=${place} ${GC}`],
    ["systemd -- --all", `ExecStart=${place} ${GC} --all`],
  ];
  for (const [words, line] of cases) {
    await t.step(words, async () => {
      const ran = await store.orlop(`schedule --program /o ${words}`);
      const [scheduler] = words.split(" ");
      assertEquals([ran.code, ran.err], [0, [
        `Install it with: orlop schedule ${scheduler} --install`,
      ]]);
      assertEquals(ran.out.filter((one) => one.includes("/o ")), [line]);
      const files = ran.out.filter((one) => /^# \/etc\//.test(one));
      assertEquals(
        files,
        scheduler === "cron" ? ["# /etc/cron.d/orlop-gc"] : [
          "# /etc/systemd/system/orlop-gc.service",
          "# /etc/systemd/system/orlop-gc.timer",
        ],
      );
      const next = ran.out.indexOf(files[1] ?? "none");
      if (next > 0) assertEquals(ran.out[next - 1], "");
    });
  }
});

Deno.test("schedule refuses what no one would look at later", async (t) => {
  using store = await cliStore();
  const bad = (at: string) =>
    [
      `schedule cron --program /o --at ${at}`,
      2,
      `Cannot use "--at=${at}": write it like 03:17`,
    ] as const;
  await refuses(t, store, [
    ...["24:00", "3:60", "03:1", "003:17", "3", "3:017", "x3:17"].map(bad),
    ["schedule cron", 2, "Cannot tell where orlop is installed: name it with"],
    ["schedule cron --program orlop", 2, 'Cannot schedule "orlop": use an abs'],
    ["schedule at --program /o", 2, 'Cannot schedule by "at": use cron or'],
    ["schedule cron --program /o -- --bogus", 2, 'Cannot use "--bogus": orlop'],
    [
      "schedule cron --program /o -- --low 10",
      2,
      'Cannot use "--low" without "--high"',
    ],
    ["schedule cron --program /o --every x", 2, 'Cannot use "--every=x"'],
  ]);
});
