import { assertEquals } from "@std/assert";
import {
  containerColumns,
  containerFields,
  containerToJson,
} from "../../../src/cli/render/container_columns.ts";
import { containerDetails } from "../../../src/cli/render/container_details.ts";
import type { ContainerSummary } from "../../../src/engine/containers/list_containers.ts";
import {
  parseContainerId,
  parseImageId,
  parseLayerId,
} from "../../../src/formats/storage/store_ids.ts";

/** Of another tool: nothing is noted of it. */
const BARE: ContainerSummary = {
  id: parseContainerId("ab".repeat(32)),
  imageId: parseImageId("cd".repeat(32)),
  layerId: parseLayerId("ef".repeat(32)),
  ...{ names: [], imageName: "", owner: "podman", state: "created" },
  ...{ created: "2026-01-01T00:00:00Z", mountPoint: undefined },
  ...{ pid: undefined, exitCode: undefined, metadata: undefined },
  ...{ startedAt: undefined, finishedAt: undefined },
};

const STATE = {
  ...{ Status: "created", Running: false, Paused: false, Pid: 0 },
  ...{ ExitCode: null, StartedAt: null, FinishedAt: null },
};

function detailsOf(changes: Partial<ContainerSummary> = {}) {
  // Its record is not looked at.
  const details = {
    ...{ ...BARE, ...changes, dir: "/work", runDir: "/run" },
    ...{ template: undefined, bundleConfig: undefined, differences: [] },
  };
  return containerDetails(
    details as unknown as Parameters<typeof containerDetails>[0],
  );
}

Deno.test("containers of which nothing is noted are shown all the same", () => {
  const columns = containerColumns({ isWhole: true, hasOwner: true })
    .filter(({ field }) => field !== "CreatedHuman");
  assertEquals(columns.map(({ text }) => text(BARE)), [
    ...["ab".repeat(32), "cdcdcdcdcdcd", "", "Created", "podman", ""],
  ]);
  assertEquals(columns.map(({ isElastic = false }) => isElastic), [
    ...[false, true, true, false, false, true],
  ]);
  const isWhole = true;
  const fields = containerFields(isWhole, () => undefined);
  const shown = [
    ...["Command", "Mounts", "Networks", "Ports", "ImageID", "Pod", "IsInfra"],
    ...["State", "Pid", "ExitCode", "Exited", "Layer", "MountPoint"],
  ].map((name) => fields[name]?.(BARE));
  assertEquals(shown, [
    ...["", "", "", "", "cd".repeat(32), "", false],
    ...["created", 0, "", false, "ef".repeat(32), ""],
  ]);
  assertEquals(fields["Exited"]?.({ ...BARE, state: "exited" }), Boolean(BARE));
});

Deno.test("containerDetails() adds to what a list has", () => {
  const { Created, State, Config, HostConfig, Mounts, ...rest } = detailsOf();
  const { Created: _, State: __, ...listed } = containerToJson(BARE);
  assertEquals(rest, {
    ...listed,
    ...{ Name: "", ImageName: "cdcdcdcdcdcd", Path: "", Args: [] },
    ...{ WorkDir: "/work", RunDir: "/run", Metadata: undefined },
    ...{ Template: rest["Template"], BundleConfig: rest["BundleConfig"] },
    Differences: [],
  });
  assertEquals(State, STATE);
  assertEquals([Mounts, Created !== undefined], [[], Boolean(Config)]);
  assertEquals(typeof HostConfig, "object");
  assertEquals(detailsOf({ names: ["a", "b"] })["Name"], "a");
});

Deno.test("containerDetails() tells a state in full", () => {
  const of = (changes: Partial<ContainerSummary>) => {
    const { StartedAt, FinishedAt, ...rest } = Object(
      detailsOf(changes)["State"],
    );
    return [rest, StartedAt !== null, FinishedAt !== null];
  };
  const { StartedAt: _, FinishedAt: __, ...state } = STATE;
  const startedAt = "2026-01-01T00:00:01Z";
  const [yes, no] = [true, false];
  assertEquals(of({ state: "running", pid: 7, startedAt }), [
    { ...state, Status: "running", Running: true, Pid: 7 },
    ...[yes, no],
  ]);
  assertEquals(of({ state: "paused", pid: 7, startedAt }), [
    { ...state, Status: "paused", Paused: true, Pid: 7 },
    ...[yes, no],
  ]);
  const ended = { exitCode: 3, startedAt, finishedAt: startedAt };
  assertEquals(of({ state: "exited", ...ended }), [
    { ...state, Status: "exited", ExitCode: 3 },
    ...[yes, yes],
  ]);
});
