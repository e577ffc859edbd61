import { assertEquals } from "@std/assert";
import { openNotice } from "../../../src/store/layers/notices.ts";
import { says } from "../../support/cli_says.ts";
import { cliStore } from "../../support/cli_store.ts";

const HOUR_MS = 3_600_000;
const layer = (phase: string, size: number, received: number) => ({
  ...{ digest: `sha256:${phase}`, size, received, phase },
});

/** Pulls as they are told of, the oldest last. */
const PULLS = [
  { name: "localhost/begun", layers: [] },
  {
    name: "localhost/half",
    layers: [
      layer("done", 1000, 1000),
      layer("present", 5000, 0),
      layer("unpacked", 1000, 1000),
      layer("downloading", 1000, 999),
      layer("waiting", 1000, 0),
    ],
  },
  {
    name: "localhost/here",
    layers: [layer("present", 10, 0), layer("present", 20, 0)],
  },
];

Deno.test("pulls shows how far each pull is", async (t) => {
  using store = await cliStore();
  const now = Date.now();
  const notices = PULLS.map((pull, index) => {
    const notice = openNotice(store.test.agent.store);
    notice.write(JSON.stringify({
      ...{ ...pull, pid: index + 1, uid: index === 1 ? 987_654_321 : 0 },
      command: index === 2 ? "" : "orlop pull",
      started: new Date(now - (index + 1) * HOUR_MS - 1000).toISOString(),
    }));
    return notice;
  });
  await says(t, store, [
    ["pulls -q", 0, ["3", "2", "1"]],
    ["pulls --format {{.Image}} -n", 0, [
      "localhost/here",
      "localhost/half",
      "localhost/begun",
    ]],
    ["pulls --format {{.Layers}}|{{.Fetched}}|{{.Percent}}", 0, [
      "2/2|0 B/0 B|100",
      "2/5|3 kB/4 kB|74",
      "-|-|0",
    ]],
    ["pulls --format {{.Received}}|{{.Size}}|{{.UID}}|{{.User}}", 0, [
      "0|0|0|root",
      "2999|4000|987654321|987654321",
      "0|0|0|root",
    ]],
    ["pulls --format {{.PID}}|{{.Command}}|{{.Started}}", 0, [
      "3||3 hours ago",
      "2|orlop pull|2 hours ago",
      "1|orlop pull|About an hour ago",
    ]],
  ]);
  await t.step("as JSON", async () => {
    const rows = await store.json<readonly Record<string, unknown>[]>(
      "pulls --format json",
    );
    assertEquals(
      rows.map(({ pid, user, received, size }) => [pid, user, received, size]),
      [[3, "root", 0, 0], [2, "987654321", 2999, 4000], [1, "root", 0, 0]],
    );
  });
  for (const notice of notices) notice[Symbol.dispose]();
  await says(t, store, [["pulls -q", 0, []]]);
});
