import { assertEquals, assertThrows } from "@std/assert";
import { readContainerFilters } from "../../../../src/cli/input/flags/container_filters.ts";
import { UsageError } from "../../../../src/cli/usage_error.ts";
import { listContainers } from "../../../../src/engine/containers/list_containers.ts";
import { containerOptions, testPod } from "../../../support/test_runtime.ts";

Deno.test("readContainerFilters() keeps the rows that fit", async (t) => {
  using test = await testPod();
  const { imageId } = test;
  await test.runtime.createContainer(containerOptions());
  const rows = (await listContainers(test.agent)).map((row) =>
    row.names.includes("server")
      ? { ...row, state: "exited" as const, exitCode: 3 }
      : row
  );
  const idOf = (name: string) =>
    rows.find(({ names }) => names.includes(name))?.id ?? "";
  const both = ["server", "web-infra"];
  const table: Readonly<Record<string, readonly string[]>> = {
    "name=server": ["server"],
    "name=se*": ["server"],
    "name=none": [],
    [`id=${idOf("server").slice(0, 12)}`]: ["server"],
    [`id=${idOf("web-infra")}`]: ["web-infra"],
    "pod=web": both,
    "pod=web-pod": both,
    "pod=we": [],
    "image=localhost/app:1": both,
    "ancestor=other": [],
    [`ancestor=${imageId}`]: both,
    [`ancestor=sha256:${imageId.slice(0, 12)}`]: both,
    [`ancestor=${imageId.slice(0, 11)}`]: [],
    "status=EXITED": ["server"],
    "exited=3": ["server"],
    "exited=0": [],
    "owner=orlop": both,
    "owner=podman": [],
  };
  for (const [text, expected] of Object.entries(table)) {
    await t.step(text, () => {
      const fits = readContainerFilters([text], () => undefined);
      const found = rows.filter(fits).flatMap(({ names }) =>
        both.filter((name) => names.includes(name))
      );
      assertEquals(found.toSorted(), expected);
    });
  }
  for (const text of ["exited=x", "exited=1000", "status=odd", "owner=me"]) {
    await t.step(text, () => {
      assertThrows(
        () => readContainerFilters([text], () => undefined),
        UsageError,
      );
    });
  }
});
