import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { sleep } from "../../../src/errors/abort.ts";
import { ProcessNotFoundError } from "../../../src/errors/process_errors.ts";
import { readExit } from "../../../src/engine/containers/process_exit.ts";
import { createProcess } from "../../../src/engine/monitor/create_process.ts";
import { openAttach } from "../../../src/engine/monitor/open_attach.ts";
import { startProcess } from "../../../src/engine/monitor/start_process.ts";
import {
  MONITOR_NEEDS,
  monitoredStore,
  untilEnded,
} from "../../support/monitored_container.ts";
import { until } from "../../support/until.ts";
import { listenTo, speakTo } from "../../support/programs/process_talk.ts";

Deno.test(
  "several attach to a process that waits for input",
  MONITOR_NEEDS,
  async (t) => {
    await using test = await monitoredStore();
    const { agent } = test;
    const container = await test.make(
      "while read line; do echo out $line; echo err $line >&2; done; exit 8",
    );
    const { id, logPath } = container;
    await assertRejects(() => openAttach(agent, id), ProcessNotFoundError);
    await createProcess(agent, id, { logPath, stdin: "open" });
    // Before it runs: nothing is missed.
    await using first = await openAttach(agent, id, { stdin: true });
    const firstHears = listenTo(first);
    await startProcess(agent, id);
    await t.step("all get what it writes", async () => {
      await using second = await openAttach(agent, id, { stdin: true });
      await using third = await openAttach(agent, id);
      assertEquals(third.stdin, undefined);
      const others = [listenTo(second), listenTo(third)];
      await speakTo(first).say("one\n");
      await speakTo(second).say("two\n");
      for (const { stdout, stderr } of [firstHears, ...others]) {
        await until(() => stderr.text().includes("err two"));
        await until(() => stdout.text().includes("out two"));
        assertEquals(stdout.text(), "out one\nout two\n");
        assertEquals(stderr.text(), "err one\nerr two\n");
      }
    });
    await t.step("input is open after one has left", async () => {
      await using fourth = await openAttach(agent, id, { stdin: true });
      const { stdout } = listenTo(fourth);
      const { say, end } = speakTo(fourth);
      await say("three\n");
      await until(() => stdout.text().includes("three"));
      await end();
      await using fifth = await openAttach(agent, id, { stdin: true });
      await speakTo(fifth).say("four\n");
      await until(() => stdout.text().includes("four"));
      assertEquals(readExit(agent, id), undefined);
    });
    await t.step("its end is told to all", async () => {
      await test.runtime.stopContainer(id, { running: "end", timeMs: 0 });
      assertEquals(await first.ended, undefined);
      await firstHears.stdout.done;
      assertEquals(readExit(agent, id)?.exitCode, 137);
      await assertRejects(() => openAttach(agent, id), ProcessNotFoundError);
    });
  },
);

Deno.test(
  "input that is open once ends with the first",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("cat; exit 9", { stdin: "once" });
    await using streams = await openAttach(agent, id, { stdin: true });
    const { stdout } = listenTo(streams);
    const { say, end } = speakTo(streams);
    await say("word");
    await end();
    await streams.ended;
    await stdout.done;
    assertEquals(stdout.text(), "word");
    assertEquals((await untilEnded(agent, id)).exitCode, 9);
  },
);

Deno.test(
  "a process without input cannot be written to",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id } = await test.run("cat; exit 9");
    assertEquals((await untilEnded(agent, id)).exitCode, 9);
  },
);

Deno.test(
  "a container's terminal can be attached to",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const container = await test.make(
      "read line; stty size; echo $line; exit 4",
      {
        hasTerminal: true,
      },
    );
    const { id, logPath } = container;
    await createProcess(agent, id, { logPath, stdin: "open" });
    await using streams = await openAttach(agent, id, {
      ...{ stdin: true, terminal: true },
    });
    const { stdout, stderr } = listenTo(streams);
    await streams.resize({ columns: 111, rows: 44 });
    await startProcess(agent, id);
    await speakTo(streams).say("word\n");
    await stdout.done;
    assertMatch(stdout.text(), /^word\r\n44 111\r\nword\r\n$/);
    assertEquals(stderr.text(), "");
    assertEquals((await untilEnded(agent, id)).exitCode, 4);
    assertMatch(container.readLog(), /stdout F 44 111/);
  },
);

Deno.test(
  "who does not read is detached, and the container continues",
  MONITOR_NEEDS,
  async () => {
    await using test = await monitoredStore();
    const { agent } = test;
    const { id, logPath } = await test.make("seq 1 200000; exit 2");
    await createProcess(agent, id, { logPath });
    await using streams = await openAttach(agent, id, { patienceMs: 500 });
    await startProcess(agent, id);
    await streams.ended;
    await assertRejects(
      () => streams.stdout.getReader().read(),
      Error,
      "it was closed",
    );
    assertEquals((await untilEnded(agent, id)).exitCode, 2);
    assert((await Deno.stat(logPath)).size > 1_000_000);
  },
);

Deno.test("many attach at the same time", MONITOR_NEEDS, async () => {
  await using test = await monitoredStore();
  const { agent } = test;
  const { id } = await test.run(
    'while read line; do echo heard $line; test "$line" != all || exit 0; done',
    { stdin: "open" },
  );
  const all = await Promise.all(
    Array.from({ length: 60 }, () => openAttach(agent, id, { stdin: true })),
  );
  const heard = all.map(listenTo);
  const [first] = all;
  if (first === undefined) throw new Error("Nobody is attached");
  const { say } = speakTo(first);
  // Those who have connected hear nothing until conmon has let them in.
  while (heard.some(({ stdout }) => stdout.text() === "")) {
    await say("some\n");
    await sleep(20);
  }
  await say("all\n");
  await Promise.all(heard.map(({ stdout }) => stdout.done));
  for (const { stdout } of heard) {
    assertMatch(stdout.text(), /^(heard some\n)+heard all\n$/);
  }
});
