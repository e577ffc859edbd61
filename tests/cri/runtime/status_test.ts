import { create } from "@bufbuild/protobuf";
import { assert, assertEquals, assertFalse } from "@std/assert";
import {
  CgroupDriver,
  StatusRequestSchema,
  UpdateRuntimeConfigRequestSchema,
} from "../../../src/cri/api/api_pb.js";
import type { RuntimeSettings } from "../../../src/cri/runtime/runtime_context.ts";
import {
  runtimeConfig,
  status,
  updateRuntimeConfig,
  version,
} from "../../../src/cri/runtime/status.ts";
import { criContext } from "../../support/nodes/cri_context.ts";
import { needs } from "../../support/peers.ts";
import { tempDir } from "../../support/temp_dir.ts";

const { ignore } = needs("runc", "conmon");

Deno.test("version() reports which runtime this is", () => {
  const { runtimeVersion, ...rest } = version();
  assert(/^\d+\.\d+\.\d+/.test(runtimeVersion ?? ""));
  assertEquals(rest, {
    ...{ version: "0.1.0", runtimeName: "orlop", runtimeApiVersion: "v1" },
  });
});

Deno.test("status() reports what is missing", { ignore }, async (t) => {
  await using node = await criContext();
  using dir = tempDir();
  await Deno.mkdir(dir.join("conf"));
  const places = {
    ...{ configDirectory: dir.join("conf"), pluginDirectories: [dir.path] },
  };
  const ask = async (settings: RuntimeSettings, verbose = false) => {
    const request = create(StatusRequestSchema, { verbose });
    const context = { ...node.context, settings };
    const answer = await status(context, request, node.call);
    const { conditions = [] } = answer.status ?? {};
    const [runtime, network, ...others] = conditions;
    assertEquals(others, []);
    return { ...answer, runtime, network };
  };
  const ready = (type: string) => ({
    ...{ type, status: true, reason: "", message: "" },
  });
  await t.step("a network", async () => {
    const answer = await ask({ networks: places });
    assertEquals(answer.runtime, ready("RuntimeReady"));
    const { message, ...rest } = answer.network ?? {};
    assertEquals(rest, {
      ...{ type: "NetworkReady", status: false },
      reason: "NetworkPluginNotReady",
    });
    assert(message?.startsWith("Cannot find a network: "), message);
    assertEquals(answer.features, {
      ...{ supplementalGroupsPolicy: true, mountOptions: true },
    });
    assertEquals(answer.info, {});
    const names = answer.runtimeHandlers?.map(({ name }) => name) ?? [];
    assert(names[0] === "" && names.includes("runc"));
    for (const { features } of answer.runtimeHandlers ?? []) {
      assert(features?.recursiveReadOnlyMounts);
    }
  });
  await t.step("a program", async () => {
    const answer = await ask({ networks: places, runtime: "odd-runtime" });
    const { message, ...rest } = answer.runtime ?? {};
    assertEquals(rest, {
      ...{ type: "RuntimeReady", status: false, reason: "ProgramMissing" },
    });
    assert(message?.includes("odd-runtime"), message);
    const [first, own] = answer.runtimeHandlers ?? [];
    assertEquals([first?.name, own?.name], ["", "odd-runtime"]);
    assertFalse(first?.features?.userNamespaces);
  });
  await t.step("a program that was named by its path", async () => {
    await Deno.writeTextFile(dir.join("plain"), "", { mode: 0o644 });
    for (const name of ["absent", "plain", "conf"]) {
      const runtime = dir.join(name);
      const answer = await ask({ networks: places, runtime });
      assertEquals(answer.runtime, {
        ...{ type: "RuntimeReady", status: false, reason: "ProgramMissing" },
        message: `Cannot run "${runtime}": there is no executable file of ` +
          "this name",
      });
    }
  });
  await t.step("nothing, and tells more where that is asked for", async () => {
    const plugin = { type: "orlop-test" };
    await Deno.writeTextFile(
      dir.join("conf/1.conflist"),
      JSON.stringify({ cniVersion: "1.0.0", name: "n", plugins: [plugin] }),
    );
    await Deno.writeTextFile(dir.join("orlop-test"), "#!/bin/sh\n");
    await Deno.chmod(dir.join("orlop-test"), 0o755);
    const isVerbose = true;
    const answer = await ask({ networks: places }, isVerbose);
    assertEquals(answer.network, ready("NetworkReady"));
    const { userNamespaces, pauseImage, ...config } = JSON.parse(
      answer.info?.["config"] ?? "",
    );
    const { root, runRoot } = node.context.agent.store.paths;
    assertEquals(config, {
      ...{ root, runRoot, networks: ["n"], runtime: "" },
      ...{ cgroupManager: "cgroupfs", streaming: "http://127.0.0.1:1" },
    });
    assertEquals(pauseImage, node.context.agent.pauseImage);
    const names = answer.runtimeHandlers?.map(({ name }) => name);
    assertEquals(Object.keys(userNamespaces), names);
    const supported = answer.runtimeHandlers?.filter(({ features }) =>
      features?.userNamespaces
    );
    assertEquals(
      Object.values(userNamespaces).filter((why) => why === "supported").length,
      supported?.length,
    );
  });
});

Deno.test("runtimeConfig() says who makes control groups", async (t) => {
  await using node = await criContext();
  const cases = [
    [undefined, CgroupDriver.CGROUPFS],
    ["cgroupfs", CgroupDriver.CGROUPFS],
    ["systemd", CgroupDriver.SYSTEMD],
  ] as const;
  for (const [cgroupManager, cgroupDriver] of cases) {
    await t.step(cgroupManager ?? "left out", () => {
      const context = { ...node.context, settings: { cgroupManager } };
      assertEquals(runtimeConfig(context), { linux: { cgroupDriver } });
    });
  }
});

Deno.test("updateRuntimeConfig() reports which addresses pods have", async () => {
  await using node = await criContext();
  const { context, test } = node;
  for (const podCidr of ["", "10.0.0.0/24"]) {
    const request = create(UpdateRuntimeConfigRequestSchema, {
      runtimeConfig: { networkConfig: { podCidr } },
    });
    assertEquals(updateRuntimeConfig(context, request), {});
  }
  const nothing = create(UpdateRuntimeConfigRequestSchema, {});
  assertEquals(updateRuntimeConfig(context, nothing), {});
  assertEquals(
    test.messages.filter((message) => message.includes("kubelet")),
    ["info: The kubelet gives pods addresses of 10.0.0.0/24"],
  );
});
