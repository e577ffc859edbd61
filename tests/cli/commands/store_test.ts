import { assert, assertEquals } from "@std/assert";
import { cliStore } from "../../support/cli_store.ts";
import { refuses, says } from "../../support/cli_says.ts";

Deno.test("gc reports what it would free, then frees it", async (t) => {
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

Deno.test("check looks at all, and takes limits where they mean something", async (t) => {
  using store = await cliStore();
  const well = "1 image, 3 layers, 2 containers: none damaged";
  await says(t, store, [
    ["check", 0, [well]],
    ["check -q", 0, []],
    ["check --full", 0, [well]],
    ["check --full --rate 5M --time-limit 5s", 0, [well]],
    ["check --repair", 0, [well]],
    ["check --repair --dry-run --force", 0, [well]],
    ["check --format {{.Kind}}", 0, []],
  ]);
  const { time, durationMs, objects, ...rest } = await store.json<
    Record<string, unknown>
  >("check --format json");
  assert(!Number.isNaN(Date.parse(String(time))) && Number(durationMs) >= 0);
  assertEquals((objects as readonly unknown[]).length, 6);
  assertEquals(rest, {
    ...{ depth: "quick", checked: 6, damaged: [], leftovers: 0 },
    ...{ unread: 0, unverifiable: 0 },
  });
  const full = await store.json<Record<string, unknown>>(
    "check --full --format json",
  );
  assertEquals(full["depth"], "full");
  const use = (flag: string, why: string) => `Cannot use "--${flag}": ${why}`;
  const content = "it is for --full, which reads content";
  await refuses(t, store, [
    ["check --rate 5M", 2, use("rate=5M", content)],
    ["check --time-limit 5s", 2, use("time-limit=5s", content)],
    ["check --full --rate 0", 2, use("rate=0", "nothing would be read")],
    ["check --dry-run", 2, use("dry-run=true", "it is for --repair")],
    ["check --force", 2, use("force=true", "it is for --repair")],
    ["check --format odd", 2, use("format=odd", "use text, json, or a temp")],
  ]);
});

Deno.test("check reports what is damaged, writes it down, and repairs it", async () => {
  using store = await cliStore();
  const { orlop, test, imageId } = store;
  const { root } = test.agent.store.paths;
  await Deno.remove(`${root}/overlay-images/${imageId}`, { recursive: true });
  const metrics = `${root}/check.prom`;
  const { code, out } = await orlop(`check --metrics ${metrics}`);
  assertEquals(code, 1);
  assert(out[0]?.includes("localhost/app:1"), out[0]);
  assert(out.at(-1)?.startsWith("1 image, 3 layers, 2 containers: "));
  const text = await Deno.readTextFile(metrics);
  assert(/^orlop_check_damaged\S* 1$/m.test(text), text);
  const short = await orlop("check --format {{.Kind}}:{{.Name}}:{{.State}}");
  assertEquals([short.code, short.out], [1, ["image:localhost/app:1:damaged"]]);
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

Deno.test("commands on the store report what they cannot use", async (t) => {
  using store = await cliStore();
  await refuses(t, store, [
    ["gc --free 1G --high 80", 2, 'Cannot use "--free" with "--high" or'],
    ["gc --high 80 --low 90", 2, 'Cannot use "--low=90": it is above'],
    ["gc --low 10", 2, 'Cannot use "--low" without "--high"'],
    ["gc --wait x", 2, 'Cannot use "--wait=x": a number is needed'],
    ["gc --all --keep odd", 2, 'Cannot use "--keep=odd": a number is needed'],
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
