import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  formatSchedule,
  installSchedule,
  type Schedule,
} from "../../../src/engine/cleanup/schedule.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const SCHEDULE: Schedule = {
  command: ["/usr/local/bin/orlop", "gc", "--quiet", "--high", "85%"],
  every: "day",
  at: { hour: 3, minute: 7 },
};

Deno.test("formatSchedule() writes a line for cron", async (t) => {
  const cases: readonly [Partial<Schedule>, string][] = [
    [{}, "7 3 * * * root /usr/local/bin/orlop gc --quiet --high 85\\%"],
    [{ every: "hour", command: ["/o"] }, "7 * * * * root /o"],
    [{ every: "week", command: ["/o"] }, "7 3 * * 0 root /o"],
    [
      { command: ["/a b/o", "it's", "$HOME", ""] },
      `7 3 * * * root '/a b/o' 'it'\\''s' '$HOME' ''`,
    ],
  ];
  for (const [changes, line] of cases) {
    await t.step(line, () => {
      const files = formatSchedule("cron", { ...SCHEDULE, ...changes });
      assertEquals(files.map(({ path }) => path), ["/etc/cron.d/orlop-gc"]);
      assertEquals(files[0]?.text.trimEnd().split("\n").at(-1), line);
    });
  }
});

Deno.test("formatSchedule() writes units for systemd", () => {
  const command = ["/a b/orlop", "gc", "50%", "$X", '"'];
  const [service, timer] = formatSchedule("systemd", { ...SCHEDULE, command });
  assertEquals(service?.path, "/etc/systemd/system/orlop-gc.service");
  assertStringIncludes(
    service?.text ?? "",
    '\nExecStart="/a b/orlop" gc 50%% $$X "\\""\n',
  );
  assertStringIncludes(timer?.text ?? "", "\nOnCalendar=*-*-* 03:07:00\n");
});

Deno.test("formatSchedule() refuses what would become two lines", () => {
  const command = ["/orlop", "gc", "a\nb"];
  assertThrows(
    () => formatSchedule("cron", { ...SCHEDULE, command }),
    TypeError,
    "several lines",
  );
});

Deno.test("installSchedule() writes files that all can read", () => {
  using dir = tempDir();
  const path = dir.join("orlop-gc");
  installSchedule([{ path, text: "x" }]);
  assertEquals(Deno.readTextFileSync(path), "x");
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o644);
  assertThrows(
    () => installSchedule([{ path: dir.join("none", "x"), text: "" }]),
    Deno.errors.NotFound,
    "there is no",
  );
});

Deno.test("systemd understands the units", {
  ...needs("systemd-analyze"),
}, async () => {
  using dir = tempDir();
  const command = ["/bin/true", "50%", "$X", "a b", "c\\d"];
  const files = formatSchedule("systemd", { ...SCHEDULE, command });
  const paths = files.map(({ path, text }) => {
    const target = dir.join(path.split("/").at(-1) ?? "");
    Deno.writeTextFileSync(target, text);
    return target;
  });
  const { code, stderr } = await new Deno.Command("systemd-analyze", {
    args: ["verify", ...paths],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
});
