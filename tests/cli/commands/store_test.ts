import { assert, assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

Deno.test("gc says what it would free, then frees it", async (t) => {
  using store = await cliStore();
  const app = "unused image localhost/app:1 (983 B): no container uses it";
  await says(t, store, [
    ["gc --dry-run", 0, []],
    ["gc --all --dry-run", 0, []],
    ["container rm server", 0, [store.containerId]],
    ["pod rm web", 0, ["web-pod"]],
    ["gc --dry-run", 0, []],
    ["gc --all --dry-run", 0, [`Would remove ${app}`, "Would free 983 B"]],
    ["images --format {{.Tag}}", 0, ["1"]],
    ["gc --all", 0, [`Removed ${app}`, "Freed 983 B"]],
    ["images -q", 0, []],
  ]);
});

Deno.test("gc reports for programs, too", async () => {
  using store = await cliStore();
  const report = await store.json<Record<string, unknown>>(
    "gc --all --dry-run --format json",
  );
  const { time, free, total, kept, ...rest } = report;
  assert(!Number.isNaN(Date.parse(String(time))));
  assert(Number(free) > 0 && Number(total) >= Number(free));
  assertEquals(rest, {
    ...{ dryRun: true, bytes: 0, items: [], failed: [], stuck: [] },
  });
  assert(Array.isArray(kept));
  assertEquals(kept.map(({ name, reason }) => `${name}: ${reason}`), [
    'localhost/app:1: container "web-infra", "server" uses it',
  ]);
});

Deno.test("df adds up what the store takes", async (t) => {
  using store = await cliStore();
  const usage = await store.json<Record<string, unknown>>("df --format json");
  const { images, containers, disk, containerBytes, ...rest } = usage;
  const none = { count: 0, bytes: 0 };
  assertEquals(rest, {
    imageBytes: 983,
    reclaimable: {
      ...{ leftover: none, layer: none, container: none },
      ...{ "dangling image": none, "unused image": none },
    },
  });
  assert(Number(containerBytes) > 0 && disk !== undefined);
  const [image] = images as readonly Record<string, unknown>[];
  const { unique, containers: users, reclaimable } = image ?? {};
  assertEquals([unique, users, reclaimable], [983, 2, false]);
  const names = (containers as readonly Record<string, unknown>[])
    .map(({ name, state }) => `${name} ${state}`);
  assertEquals(names, ["web-infra stopped", "server stopped"]);
  await t.step("as a table", async () => {
    const { out } = await store.orlop("df");
    const rows = out.map((line) => line.trim().split(/ {2,}/));
    assertEquals(rows[0], [
      ...["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"],
    ]);
    assertEquals(rows[1], ["Images", "1", "1", "983 B", "0 B (0%)"]);
    assertEquals(rows[2]?.slice(0, 3), ["Containers", "2", "0"]);
    assertEquals(rows[3]?.slice(0, 3), ["Leftovers", "0", "0 B"]);
    assert(out.at(-1)?.startsWith("Free: "));
  });
});

Deno.test("commands on the store say what they cannot use", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    ["gc --leftover-age 0", 2, 'Cannot use "0" as a duration'],
    ["gc --containers odd", 2, 'Cannot use "--containers=odd"'],
    ["gc --free odd", 2, "Cannot"],
    ["schedule", 2, 'Cannot run "orlop schedule": cron|systemd is missing'],
    ["logout nope", 3, "Cannot log out: not logged into nope"],
    ["login --get-login nope", 3, "Cannot show a user: not logged into nope"],
  ]);
  await says(t, store, [
    ["pulls -n", 0, []],
    ["pulls --format json", 0, ["[]"]],
    ["__complete -- image inspect localhost/a", 0, ["localhost/app:1"]],
    ["__complete -- container rm ser", 0, ["server"]],
    ["__complete -- pod rm w", 0, ["web"]],
  ]);
});
