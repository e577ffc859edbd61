import { assert, assertEquals, assertThrows } from "@std/assert";
import { dirname } from "@std/path";
import type { Agent } from "../../../src/engine/agent.ts";
import {
  makeExitPlaces,
  noteUnseenExit,
} from "../../../src/engine/containers/process_exit.ts";
import { sandboxOf } from "../../../src/engine/sandboxes/list_sandboxes.ts";
import { placesOf } from "../../../src/engine/sandboxes/sandbox_places.ts";
import {
  readSandboxState,
  sandboxPath,
  type SandboxState,
  tryReadPhase,
  writeSandboxState,
} from "../../../src/engine/sandboxes/sandbox_state.ts";
import { DamagedFileError } from "../../../src/errors/store_errors.ts";
import { parseNetworkList } from "../../../src/formats/cni/network_list.ts";
import { parseNetworkResult } from "../../../src/formats/cni/network_result.ts";
import { parseContainerId } from "../../../src/formats/storage/store_ids.ts";
import { sandboxRequest, sandboxState } from "../../support/sandboxes.ts";
import { storeAgent } from "../../support/store_agent.ts";

const ID = parseContainerId("a".repeat(64));

const LIST = JSON.stringify({
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [{ type: "bridge" }],
});
const RESULT =
  '{"cniVersion":"1.0.0","ips":[{"address":"10.0.0.2/24"}],"mtu":1.50}';

/** A state as it is read, without what its request leaves out. */
function read(agent: Agent): SandboxState | undefined {
  const state = readSandboxState(agent, ID);
  return state && { ...state, request: withoutUnset(state.request) };
}

function withoutUnset<T extends object>(value: T): T {
  return JSON.parse(JSON.stringify(value));
}

/** Where it has its files. */
function makeDirectory({ store }: Agent): void {
  Deno.mkdirSync(placesOf(store.paths, ID).directory, { recursive: true });
}

function write(agent: Agent, text: string): void {
  const path = sandboxPath(agent, ID);
  Deno.mkdirSync(dirname(path), { recursive: true });
  Deno.writeTextFileSync(path, text);
}

Deno.test("readSandboxState() reads what was written", async (t) => {
  const network = {
    interfaceName: "eth0",
    list: parseNetworkList(LIST, "list"),
    text: LIST,
  };
  const result = parseNetworkResult(RESULT, "result");
  const cases: Readonly<Record<string, SandboxState>> = {
    "nothing but a request": sandboxState(),
    "all": sandboxState({
      pid: 7,
      cgroups: ["/pods/web"],
      networks: [{ ...network, result }, {
        ...network,
        interfaceName: "eth1",
        result: undefined,
      }],
    }),
    "one that is made": sandboxState({ phase: "making" }),
    "one that ends": sandboxState({ phase: "stopping" }),
    "one that has ended": sandboxState({ phase: "stopped" }),
  };
  for (const [name, state] of Object.entries(cases)) {
    await t.step(name, () => {
      using store = storeAgent();
      write(store.agent, "{");
      writeSandboxState(store.agent, ID, state);
      assertEquals(read(store.agent), state);
      assertEquals(tryReadPhase(store.agent, ID), state.phase);
    });
  }
});

Deno.test("writeSandboxState() replaces a folder in its place", () => {
  using store = storeAgent();
  Deno.mkdirSync(`${sandboxPath(store.agent, ID)}/a`, { recursive: true });
  writeSandboxState(store.agent, ID, sandboxState());
  assertEquals(read(store.agent), sandboxState());
});

Deno.test("readSandboxState() reports what is wrong with a state", async (t) => {
  const good = {
    phase: "ready",
    bootId: "b",
    createdAtNs: "1",
    request: sandboxRequest("web"),
    networks: [],
    cgroups: [],
  };
  const network = { interfaceName: "eth0", text: LIST };
  const cases: readonly (readonly [object, string])[] = [
    [{ phase: "gone" }, ", phase"],
    [{ bootId: 1 }, ", bootId"],
    [{ createdAtNs: "-1" }, ', createdAtNs: "-1" is no number'],
    [{ createdAtNs: "1 " }, ', createdAtNs: "1 " is no number'],
    [{ createdAtNs: "" }, ', createdAtNs: "" is no number'],
    [
      { createdAtNs: "1".repeat(31) },
      `, createdAtNs: "${"1".repeat(31)}" is no number`,
    ],
    [{ request: "x" }, ", request"],
    [{ networks: {} }, ", networks"],
    [{ networks: [{ ...network, text: 1 }] }, ", network 0, text"],
    [{ networks: [network, { text: "{" }] }, ""],
    [{ networks: [{ ...network, result: 1 }] }, ", network 0, result"],
    [{ pid: 1.5 }, ", pid"],
    [{ cgroups: [1] }, ", cgroups"],
  ];
  using store = storeAgent();
  const path = sandboxPath(store.agent, ID);
  write(store.agent, JSON.stringify(good));
  assertEquals(readSandboxState(store.agent, ID)?.createdAtNs, 1n);
  for (const [changes, said] of cases) {
    await t.step(JSON.stringify(changes).slice(0, 60), () => {
      write(store.agent, JSON.stringify({ ...good, ...changes }));
      const { message } = assertThrows(
        () => readSandboxState(store.agent, ID),
        DamagedFileError,
        `"${path}"${said}`,
      );
      const advice = `; remove the pod: "orlop pod rm ${ID}"`;
      assert(message.endsWith(advice), message);
      assertEquals(tryReadPhase(store.agent, ID), undefined);
    });
  }
});

Deno.test("tryReadPhase() distinguishes a state that is missing or damaged from one that cannot be read", () => {
  using store = storeAgent();
  assertEquals(tryReadPhase(store.agent, ID), undefined);
  const path = sandboxPath(store.agent, ID);
  Deno.mkdirSync(path, { recursive: true });
  assertEquals(tryReadPhase(store.agent, ID), undefined);
  Deno.removeSync(path);
  writeSandboxState(store.agent, ID, sandboxState());
  const broken: Agent = {
    ...store.agent,
    get store(): never {
      throw new Deno.errors.PermissionDenied("not for you");
    },
  };
  assertThrows(() => tryReadPhase(broken, ID), Deno.errors.PermissionDenied);
});

Deno.test("sandboxOf() reports what is ready", async (t) => {
  using store = storeAgent();
  const cases: readonly (readonly [Partial<SandboxState>, string])[] = [
    [{}, "ready"],
    [{ pid: 7 }, "ready"],
    [{ bootId: "another" }, "not-ready"],
    [{ phase: "making" }, "not-ready"],
    [{ phase: "stopping" }, "not-ready"],
    [{ phase: "stopped" }, "not-ready"],
  ];
  for (const [changes, state] of cases) {
    await t.step(JSON.stringify(changes), () => {
      makeDirectory(store.agent);
      assertEquals(
        sandboxOf(store.agent, ID, sandboxState(changes)).state,
        state,
      );
    });
  }
  await t.step("not if somebody has emptied the run root", () => {
    Deno.removeSync(placesOf(store.agent.store.paths, ID).directory);
    assertEquals(sandboxOf(store.agent, ID, sandboxState()).state, "not-ready");
  });
});

Deno.test("sandboxOf() has none ready whose pause process has ended", () => {
  using store = storeAgent();
  Deno.mkdirSync(dirname(sandboxPath(store.agent, ID)), { recursive: true });
  makeDirectory(store.agent);
  makeExitPlaces(store.agent, ID);
  noteUnseenExit(store.agent, ID);
  const stateOf = (changes: Partial<SandboxState>) =>
    sandboxOf(store.agent, ID, sandboxState(changes)).state;
  assertEquals([stateOf({ pid: 7 }), stateOf({})], ["not-ready", "ready"]);
});

Deno.test("sandboxOf() reports where its namespaces and its memory are", () => {
  using store = storeAgent();
  const own = sandboxOf(store.agent, ID, sandboxState({ pid: 7 }));
  assertEquals(own.namespaces.pid, "/proc/7/ns/pid");
  assert(own.shmDirectory.includes(ID), own.shmDirectory);
  const request = {
    ...sandboxRequest("web"),
    namespaces: { network: "node", ipc: "node", pid: "node" },
  } as const;
  const shared = sandboxOf(store.agent, ID, sandboxState({ request }));
  assertEquals(shared.namespaces, {});
  assertEquals(shared.shmDirectory, "/dev/shm");
  assertEquals([shared.ips, shared.createdAtNs, shared.pid], [
    [],
    1_700_000_000_123_456_789n,
    undefined,
  ]);
});
