import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ProcessNotFoundError } from "../../../src/errors/process_errors.ts";
import { CommandError } from "../../../src/errors/store_errors.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { reopenLog } from "../../../src/engine/monitor/reopen_log.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
} from "../../support/monitored_container.ts";
import { until } from "../../support/until.ts";

Deno.test("a log continues in a new file", MONITOR_NEEDS, async (t) => {
  await using test = await monitoredStore();
  const { agent } = test;
  const script =
    "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.05; done";
  const container = await test.run(script);
  const { id, logPath } = container;
  const wait = () => new Promise((resolve) => setTimeout(resolve, 200));
  await until(() => container.readLog().includes("line 2"));
  await t.step("one that was not moved stays", async () => {
    await reopenLog(agent, id, { logPath });
    assertStringIncludes(container.readLog(), "line 1\n");
  });
  await t.step("one that was moved is new", async () => {
    await Deno.rename(logPath, `${logPath}.1`);
    await reopenLog(agent, id, { logPath });
    await until(() => container.readLog().includes("line"));
    const old = await Deno.readTextFile(`${logPath}.1`);
    const all = [...`${old}${container.readLog()}`.matchAll(/line (\d+)/g)];
    assertEquals(all.map(([, n]) => Number(n)), all.map((_, at) => at + 1));
  });
  await t.step("one that is empty, and was made by somebody", async () => {
    await Deno.remove(logPath);
    await Deno.writeTextFile(logPath, "");
    await reopenLog(agent, id, { logPath });
    await until(() => container.readLog().includes("line"));
  });
  await t.step("in a folder that is gone, conmon lives on", async () => {
    const logs = test.dir.join("logs");
    await Deno.rename(logs, `${logs}.gone`);
    await assertRejects(() => reopenLog(agent, id, { logPath }), CommandError);
    await wait();
    await Deno.rename(`${logs}.gone`, logs);
    const { size } = await Deno.stat(logPath);
    await until(async () => (await Deno.stat(logPath)).size > size);
  });
  await t.step("where something else is, conmon lives on", async () => {
    const temporary = `${logPath}.tmp`;
    await Deno.rename(logPath, `${logPath}.2`);
    await Deno.mkdir(temporary);
    await assertRejects(() => reopenLog(agent, id, { logPath }), TypeError);
    await Deno.remove(temporary);
    await Deno.symlink("/etc/passwd", temporary);
    await assertRejects(() => reopenLog(agent, id, { logPath }), TypeError);
    await Deno.remove(temporary);
    await Deno.mkdir(logPath);
    await assertRejects(() => reopenLog(agent, id, { logPath }), TypeError);
    await Deno.remove(logPath);
    await wait();
    assertEquals(readExit(agent, id), undefined);
    await reopenLog(agent, id, { logPath });
    assert((await Deno.lstat(logPath)).isFile);
  });
  await t.step("of one that has ended", async () => {
    await test.runtime.stopContainer(id, { running: "end", timeMs: 0 });
    assertEquals(readExit(agent, id)?.exitCode, 137);
    await assertRejects(
      () => reopenLog(agent, id, { logPath }),
      ProcessNotFoundError,
    );
  });
});
