import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { dirname, fromFileUrl } from "@std/path";
import {
  type IDMapping,
  type NamespaceMode,
  RuntimeService,
} from "../../../src/cri/api/api_pb.js";
import { toText } from "../../../src/formats/bytes.ts";
import {
  BUSYBOX,
  type CriNode,
  IMAGE_MOUNT,
  NODE_NEEDS,
  type PodConfig,
  startNode,
} from "../../support/nodes/cri_node.ts";
import { StatusError } from "../../support/grpc_client.ts";
import { needs } from "../../support/peers.ts";

const { method } = RuntimeService;
// What scripts/conformance builds: Debian's cannot map the owners of files.
const RUNC = fromFileUrl(
  new URL("../../../.tools/cri-tools/bin/runc", import.meta.url),
);
const IS_INSIDE = Deno.env.has("ORLOP_TEST_NEWER_RUNC");
const [REFUSED, POD, CONTAINER] = [9, 0, 1];
const FIRST = 100_000;
const RANGE = [{ hostId: FIRST, containerId: 0, length: 65_536 }];

Deno.test({
  name: "user namespaces are refused where the runtime has none",
  ...NODE_NEEDS,
  ignore: NODE_NEEDS.ignore || IS_INSIDE,
  async fn() {
    await using node = await startNode();
    assert((await handlers(node)).every((has) => !has));
    const error = await assertRejects(
      () => node.runPod("own", podConfig()),
      StatusError,
    );
    assertEquals(error.code, REFUSED);
    assertMatch(error.message, /runc" does not say .* use hostUsers: true$/);
    const { items } = await node.client.call(method.listPodSandbox, {});
    assertEquals(items, []);
  },
});

// In mounts of its own, where another runc is in the place of Debian's.
Deno.test({
  name: "pods have user namespaces with a newer runc",
  ...NODE_NEEDS,
  ignore: NODE_NEEDS.ignore || IS_INSIDE || needs(RUNC).ignore,
  async fn() {
    // A folder: runc opens itself beside what a mount of it alone hides.
    const script = 'mount --bind "$1" /usr/local/sbin && shift && exec "$@"';
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["--mount", "--propagation", "private", "sh", "-c", script, "sh"],
        ...[dirname(RUNC), Deno.execPath(), "test", "--allow-all", "--quiet"],
        fromFileUrl(import.meta.url),
      ],
      env: { ORLOP_TEST_NEWER_RUNC: RUNC },
    }).output();
    assertEquals(code, 0, `${toText(stdout)}${toText(stderr)}`);
  },
});

Deno.test({
  name: "a pod's users are its own",
  ignore: !IS_INSIDE,
  async fn(t) {
    await using node = await startNode();
    const { dir } = node;
    assert(!(await handlers(node))[0]); // nobody else can reach the store
    Deno.chmodSync(dir.path, 0o711);
    Deno.mkdirSync(dir.join("volume"));
    Deno.writeTextFileSync(dir.join("volume/old"), "");
    assert((await handlers(node))[0]);
    const pod = await node.runPod("own", podConfig());

    await t.step("files, volumes and the network are theirs", async () => {
      assertEquals(await runOnce(node, pod, "look", LOOK), LOOKED);
      const owners = ["volume/old", "volume/new"]
        .map((name) => Deno.statSync(dir.join(name)).uid);
      assertEquals(owners, [0, 1000]);
    });

    const id = await node.create(pod, "app", { changes: mounts(node) });
    await node.start(id);
    const look = async () =>
      await exec(node, id, "cat /proc/self/uid_map; busybox stat -c %u /bin");
    const seen = /^\s+0\s+100000\s+65536\n0\n$/;

    await t.step("commands run as they do", async () => {
      assertMatch(await look(), seen);
    });

    await t.step("a killed daemon changes nothing", async () => {
      await node.restart();
      assertMatch(await look(), seen);
      const { status } = await node.client.call(method.podSandboxStatus, {
        podSandboxId: pod,
      });
      const options = status?.linux?.namespaces?.options?.usernsOptions;
      assertEquals(options?.uids.map(rangeOf), RANGE);
      const { stats } = await node.client.call(method.podSandboxStats, {
        podSandboxId: pod,
      });
      assertEquals(stats?.linux?.containers.length, 1);
      assertEquals(await runOnce(node, pod, "again", "id -u"), "0");
    });

    await t.step("a pause process keeps them, too", async () => {
      const shared = await node.runPod("shared", podConfig({ pid: POD }));
      const script =
        "busybox tr '\\0' ' ' </proc/1/cmdline; cat /proc/self/uid_map";
      assertMatch(
        await runOnce(node, shared, "peer", script, POD),
        /^\/pause\s+0\s+100000\s+65536$/,
      );
    });

    await t.step("at the end nothing of them is left", async () => {
      await node.removeAll();
      const table = await Deno.readTextFile("/proc/self/mountinfo");
      assertEquals(table.split("\n").filter((l) => l.includes(dir.path)), []);
    });
  },
});

// Whose files are; what the network's root, and no other, may do; whose shm is.
const LOOK = `
alias stat="busybox stat -c %u:%g"
stat / /bin/busybox /volume/old /image/bin/busybox /etc/hosts /dev/shm /work
touch /volume/new /new /dev/shm/new && busybox chown 1000:1000 /volume/new /new
stat /new /volume/new
busybox ip link set lo mtu 1400 && cat /sys/class/net/lo/mtu
cat /proc/sys/net/ipv4/ip_unprivileged_port_start /proc/sys/kernel/shm_rmid_forced
hostname
cat /proc/sys/fs/mqueue/msg_max; busybox mknod /node c 1 3 2>/dev/null || echo no device
`;
const LOOKED = `${"0:0\n".repeat(7)}1000:1000
1000:1000
1400
80
1
own
20
no device`;

function podConfig(
  { pid = CONTAINER }: { pid?: NamespaceMode } = {},
): PodConfig {
  return {
    linux: {
      sysctls: {
        "net.ipv4.ip_unprivileged_port_start": "80",
        "kernel.shm_rmid_forced": "1",
        "fs.mqueue.msg_max": "20",
      },
      securityContext: { namespaceOptions: namespaces(pid) },
    },
  };
}

function namespaces(pid: NamespaceMode) {
  return { pid, usernsOptions: { mode: POD, uids: RANGE, gids: RANGE } };
}

function mounts({ dir }: CriNode, pid: NamespaceMode = CONTAINER) {
  return {
    image: { image: BUSYBOX },
    mounts: [
      IMAGE_MOUNT,
      {
        ...{ containerPath: "/volume", hostPath: dir.join("volume") },
        ...{ uidMappings: RANGE, gidMappings: RANGE },
      },
    ],
    linux: {
      securityContext: {
        namespaceOptions: namespaces(pid),
        capabilities: { addCapabilities: ["NET_ADMIN"] },
      },
    },
  };
}

async function runOnce(
  node: CriNode,
  pod: string,
  name: string,
  script: string,
  pid: NamespaceMode = CONTAINER,
): Promise<string> {
  const changes = { ...mounts(node, pid), workingDir: "/work" };
  const id = await node.create(pod, name, { script, changes });
  await node.start(id);
  await node.waitFor(id, 2);
  return (await node.orlop("logs", id)).out;
}

async function exec(node: CriNode, containerId: string, script: string) {
  const { stdout } = await node.client.call(method.execSync, {
    ...{ containerId, cmd: ["sh", "-c", script] },
  });
  return toText(new Uint8Array(stdout));
}

async function handlers({ client }: CriNode): Promise<readonly boolean[]> {
  const { runtimeHandlers } = await client.call(method.status, {});
  return runtimeHandlers.map(({ features }) =>
    features?.userNamespaces === true
  );
}

function rangeOf({ hostId, containerId, length }: IDMapping) {
  return { hostId, containerId, length };
}
