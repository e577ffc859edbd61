/** Devices of CDI in containers that run, of a kubelet and of people. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { existsSync } from "node:fs";
import {
  BUSYBOX,
  NODE_NEEDS,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { StatusError } from "../../support/grpc_client.ts";

// Where specifications are that a boot makes anew.
const FOLDER = "/run/cdi";
const SCRIPT = 'echo x >/dev/orlop-null && echo "$ORLOP_CDI" && ' +
  "cat /orlop-note && id -G";
const EXITED = 2;

interface Described extends Disposable {
  /** Such as `vendor.com/class`. */
  readonly kind: string;
  /** What a hook makes. */
  readonly mark: string;
}

/** Describes a device for this machine, as long as a test takes. */
function describe(directory: string): Described {
  const kind = `orlop-${crypto.randomUUID()}.test/device`;
  const path = `${FOLDER}/${kind.replace("/", "-")}.json`;
  const mark = `${directory}/mark`;
  const note = `${directory}/note`;
  Deno.writeTextFileSync(note, "noted\n");
  Deno.mkdirSync(FOLDER, { recursive: true });
  const text = JSON.stringify({
    ...{ cdiVersion: "0.6.0", kind },
    devices: [{
      name: "one",
      containerEdits: {
        env: ["ORLOP_CDI=seen"],
        deviceNodes: [{ path: "/dev/orlop-null", hostPath: "/dev/null" }],
        mounts: [{
          ...{ hostPath: note, containerPath: "/orlop-note" },
          options: ["ro", "bind", "nosuid"],
        }],
        hooks: [{
          ...{ hookName: "createRuntime", path: "/usr/bin/touch" },
          args: ["touch", mark],
        }],
      },
    }],
    containerEdits: { env: [] },
  });
  Deno.writeTextFileSync(path, text, { mode: 0o644 });
  return { kind, mark, [Symbol.dispose]: () => Deno.removeSync(path) };
}

Deno.test(
  "containers see devices that CDI describes",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNode();
    using device = describe(node.dir.path);
    const { kind, mark } = device;
    const pod = await node.runPod("web");
    const seen = /^seen\nnoted\n0/;
    const read = async (id: string) => (await node.orlop("logs", id)).out;
    const ways = {
      "in a field of the request": { CDIDevices: [{ name: `${kind}=one` }] },
      "in an annotation": { annotations: { "cdi.k8s.io/x": `${kind}=one` } },
    };
    for (const [name, changes] of Object.entries(ways)) {
      await t.step(name, async () => {
        const words = name.replaceAll(" ", "-");
        const id = await node.create(pod, words, { script: SCRIPT, changes });
        await node.start(id);
        assertEquals((await node.waitFor(id, EXITED)).exitCode, 0);
        assertMatch(await read(id), seen);
        assert(existsSync(mark));
        await Deno.remove(mark);
      });
    }
    await t.step("by people's --device", async () => {
      const words = ["--cgroupns=host", `--device=${kind}=one`, BUSYBOX];
      const { code, out, err } = await node.orlop(
        ...["run", "--rm", ...words, "sh", "-c", SCRIPT],
      );
      assertEquals(code, 0, err);
      assertMatch(out, seen);
    });
    await t.step("and none that nothing describes", async () => {
      const changes = { CDIDevices: [{ name: `${kind}=two` }] };
      const error = await assertRejects(
        () => node.create(pod, "two", { changes }),
        StatusError,
      );
      assertEquals(error.code, 3);
      assertMatch(
        error.message,
        /Cannot use device ".*=two": nothing describes/,
      );
      const words = [`--device=${kind}=two`, BUSYBOX, "true"];
      const { err } = await node.orlop("run", "--rm", ...words);
      assertMatch(err, /=two": nothing describes it/);
    });
  },
);
