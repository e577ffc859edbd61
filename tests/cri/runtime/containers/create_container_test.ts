import { assert, assertEquals } from "@std/assert";
import {
  assertCode,
  CODE,
  listAll,
} from "../../../support/nodes/cri_answers.ts";
import {
  type ContainerConfig,
  IMAGE_MOUNT,
  NODE_NEEDS,
} from "../../../support/nodes/cri_node.ts";
import {
  HOST_NETWORK,
  startNodeHere,
} from "../../../support/nodes/node_here.ts";

Deno.test(
  "a container that cannot be made leaves nothing",
  NODE_NEEDS,
  async (t) => {
    await using node = await startNodeHere();
    const { daemon: { said } } = node;
    const pod = await node.runPod("web", HOST_NETWORK);
    const name = "k8s_app_web_tests_uid-web_0";
    const file = node.dir.join("file");
    await Deno.writeTextFile(file, "");
    const cases: Readonly<
      Record<string, readonly [ContainerConfig, number, string]>
    > = {
      "a mount below a file": [
        { mounts: [{ hostPath: `${file}/below`, containerPath: "/a" }] },
        CODE.unknown,
        `Cannot mount "${file}/below": `,
      ],
      "an image that is not there": [
        { image: { image: "localhost/nope:1" } },
        CODE.notFound,
        'image "localhost/nope:1" not present in image store',
      ],
      "an image to be seen that is not there": [
        {
          mounts: [
            IMAGE_MOUNT,
            { containerPath: "/b", image: { image: "localhost/nope:1" } },
          ],
        },
        CODE.notFound,
        'image "localhost/nope:1" not present in image store',
      ],
      "a log below a file": [
        { logPath: "taken/0.log" },
        CODE.unknown,
        "",
      ],
      "more than can be kept": [
        { annotations: { a: "x".repeat(5 * 1024 * 1024) } },
        CODE.invalid,
        'Cannot create container "app": its request has ',
      ],
    };
    await Deno.mkdir(node.dir.join("logs/web"), { recursive: true });
    await Deno.writeTextFile(node.dir.join("logs/web/taken"), "");
    const heard = said.length;
    for (const [what, [changes, code, text]] of Object.entries(cases)) {
      await t.step(what, async () => {
        const { message } = await assertCode(
          code,
          () => node.create(pod, "app", { changes }),
        );
        assert(message.startsWith(text), message);
        assertEquals(await listAll(node), { pods: [pod], containers: [] });
      });
    }
    await t.step("in the store, too", async () => {
      const { out } = await node.orlop("ps", "--all", "--quiet", "--no-trunc");
      assertEquals(out, pod);
      const { stdout } = await new Deno.Command("cat", {
        args: ["/proc/self/mountinfo"], // which Deno opens to few
      }).output();
      const mounts = new TextDecoder().decode(stdout).split("\n")
        .filter((line) => line.includes(node.dir.join("root/")));
      assertEquals(mounts.filter((line) => line.includes("/merged ")), []);
      const own = said.slice(heard).filter((line) => !line.includes("code="));
      assertEquals(own, []);
    });
    await t.step("and its name is free", async () => {
      const id = await node.create(pod, "app");
      const other = () =>
        node.create(pod, "app", { changes: { labels: { other: "one" } } });
      const why = `Cannot create container "${name}": container "${id}" has ` +
        "this name, and ";
      const { message } = await assertCode(CODE.exists, other);
      assertEquals(message, `${why}another configuration`);
      await node.start(id);
      const { message: later } = await assertCode(
        CODE.exists,
        () => node.create(pod, "app"),
      );
      assertEquals(later, `${why}was started`);
      const gone = await assertCode(
        CODE.notFound,
        () => node.create("f".repeat(64), "app"),
      );
      assertEquals(
        gone.message,
        `Cannot find pod "${"f".repeat(64)}": no pod has this ID`,
      );
    });
  },
);
