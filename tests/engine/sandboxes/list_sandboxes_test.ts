import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  listSandboxes,
  readSandbox,
} from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { removeSandbox } from "../../../src/engine/sandboxes/remove_sandbox.ts";
import {
  sandboxPath,
  writeSandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { stopSandbox } from "../../../src/engine/sandboxes/stop_sandbox.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { attachmentPath } from "../../../src/store/paths.ts";
import { notedSandboxes } from "../../support/nodes/noted_sandboxes.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { containerOptions, podOptions } from "../../support/test_runtime.ts";
import { needs } from "../../support/peers.ts";

const NEEDED = needs("root", "timeout", "flock");

Deno.test(
  "who looks at a sandbox with damaged files is told",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged } = noted;
    const { agent } = test;
    const { id } = await noted.make("whole");
    const { id: bad } = await noted.make("damaged", { without: "note" });
    await Deno.writeTextFile(sandboxPath(agent, bad), "{");
    assertEquals((await listSandboxes(agent)).map(({ id }) => id), [id]);
    const path = sandboxPath(agent, bad);
    const advice = `remove the pod: "orlop pod rm ${bad}"`;
    const [[level, message] = [], ...others] = logged;
    assertEquals([level, others], ["warn", []]);
    assert(`${message}`.includes(`"${path}"`), `${message}`);
    assert(`${message}`.endsWith(advice), `${message}`);
    await assertRejects(() => stopSandbox(agent, bad), DamagedFileError);
    await assertRejects(() => removeSandbox(agent, bad), DamagedFileError);
    await Deno.writeTextFile(attachmentPath(agent.store.paths, bad), "{");
    const error = await assertRejects(
      () => removeSandbox(agent, bad),
      DamagedFileError,
    );
    assert(error.message.includes("attachments"), error.message);
  },
);

Deno.test(
  "listSandboxes() and readSandbox() tell all that is known of one",
  NEEDED,
  async () => {
    using noted = await notedSandboxes();
    const { test, logged } = noted;
    const { agent, runtime } = test;
    const { id, state, places } = await noted.make("web");
    const [network] = state.networks;
    assert(network !== undefined);
    const joined = ["10.0.0.2", "fd00::2"].map((ip) => ({
      ...network,
      result: { ips: [ip], raw: { ips: [{ address: ip }] } },
    }));
    const request = {
      ...state.request,
      namespaces: { network: "pod", ipc: "pod", pid: "pod" },
    } as const;
    writeSandboxState(agent, id, {
      ...{ ...state, request, networks: joined, pid: 7, update: { b: 2 } },
    });
    // Neither a container of it nor another pod is one.
    await runtime.createContainer(containerOptions({ podId: id }));
    await runtime.createPodSandbox(
      podOptions({ podName: "bare", containerName: "bare-infra" }),
    );
    const [found, ...others] = await listSandboxes(agent);
    assertEquals(others, []);
    assertEquals(found, readSandbox(agent, id));
    const { request: asked, ...facts } = found ?? {};
    assertEquals([asked?.podName, asked?.podId], ["web", id]);
    assertEquals(facts, {
      ...{ id, state: "ready", createdAtNs: 7n, update: { b: 2 }, pid: 7 },
      namespaces: {
        ...{ network: places.net, uts: places.uts, ipc: places.ipc },
        pid: "/proc/7/ns/pid",
      },
      ips: ["10.0.0.2", "fd00::2"],
      ...{ shmDirectory: places.shm, files: places.files },
    });
    assertEquals(readSandbox(agent, parseContainerId("web-pod")), undefined);
    await Deno.remove(places.directory, { recursive: true });
    assertEquals(readSandbox(agent, id)?.state, "not-ready");
    writeSandboxState(agent, id, { ...state, networks: [] });
    assert(!("update" in (readSandbox(agent, id) ?? {})));
    assertEquals(logged, []);
    const signal = AbortSignal.abort("enough");
    const error = await listSandboxes(agent, { signal }).catch((error) =>
      error
    );
    assertEquals(error, "enough");
  },
);
